-- What people add to the work: comments and files; and the orders in which they look at user tasks.

CREATE TABLE people__comments (
    key INTEGER PRIMARY KEY,
    instance_key INTEGER NOT NULL,
    -- NULL for a comment on the instance itself.
    user_task_key INTEGER,
    author TEXT NOT NULL,
    text TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX people__comments_by_instance ON people__comments (instance_key, key);

CREATE TABLE people__files (
    key INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    -- Where its contents lie; files with equal contents share them.
    hash TEXT NOT NULL,
    -- library, attachment, or form (an answer to a form's question).
    purpose TEXT NOT NULL,
    -- NULL in the library, and while the form it answers is not sent yet.
    instance_key INTEGER,
    user_task_key INTEGER,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL
) STRICT;
CREATE INDEX people__files_by_hash ON people__files (hash);
CREATE INDEX people__files_by_instance ON people__files (instance_key, key)
    WHERE instance_key IS NOT NULL;
CREATE INDEX people__files_never_sent ON people__files (created_at)
    WHERE purpose = 'form' AND instance_key IS NULL;

-- Contents that no file refers to any more, until they are removed.
CREATE TABLE people__unused_contents (
    hash TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- The orders of lists of open user tasks; the numbers make what has no due date come last.
CREATE INDEX work__user_tasks_open_by_due
    ON work__user_tasks (COALESCE(due_at, 9223372036854775807), key) WHERE state = 'open';
CREATE INDEX work__user_tasks_open_by_priority
    ON work__user_tasks ((-priority), key) WHERE state = 'open';
CREATE INDEX work__user_tasks_open_by_age ON work__user_tasks ((-key)) WHERE state = 'open';
-- Open to everybody: the model names nobody, and nobody has claimed it.
CREATE INDEX work__user_tasks_for_anyone ON work__user_tasks (key)
    WHERE state = 'open' AND assignee IS NULL AND candidate_groups = '[]'
        AND candidate_users = '[]';
CREATE INDEX work__user_tasks_ended ON work__user_tasks ((-ended_at), key)
    WHERE state = 'completed';
CREATE INDEX work__user_tasks_ended_by ON work__user_tasks (ended_by, (-ended_at), key)
    WHERE state = 'completed';
