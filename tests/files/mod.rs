//! Files: what is stored, who finds it, and what is left when it is deleted.

mod api;

use bytes::Bytes;
use flowstead::core::access::{Principal, Role};
use flowstead::platform::blobs::BlobError;
use flowstead::services::files::{File, FileFilter, Files, FilesError, NewFile, Place, Purpose};
use flowstead::services::tasks;
use futures_util::{StreamExt as _, stream};
use jiff::SignedDuration;

use crate::support::engine::{Engine, for_each_engine, origin};
use crate::tasks::{audit_of, files, manager, person, start_one, user};

const SIZE_MAX: u64 = 1024;

async fn upload(
    files: &Files,
    who: &Principal,
    name: &str,
    place: Place,
    contents: &'static [u8],
) -> Result<File, FilesError> {
    let pieces = contents.chunks(7).map(|it| Ok::<_, String>(Bytes::from_static(it)));
    let pieces: Vec<_> = pieces.collect();
    let new = NewFile { name: name.into(), content_type: Some("text/plain".into()), place };
    files.upload(who, new, stream::iter(pieces), &origin(&who.user_id)).await
}

async fn contents(files: &Files, who: &Principal, key: i64) -> Vec<u8> {
    let (file, mut blob) = files.download(who, key).await.expect("it is there");
    let mut all = Vec::new();
    while let Some(piece) = blob.stream.next().await {
        all.extend_from_slice(&piece.expect("it can be read"));
    }
    assert_eq!(usize::try_from(file.size).expect("small"), all.len());
    all
}

/// How many contents lie on the disk.
fn stored(engine: &Engine) -> usize {
    fn count(folder: &std::path::Path) -> usize {
        let entries = std::fs::read_dir(folder).expect("the folder is there");
        let count_one = |entry: std::io::Result<std::fs::DirEntry>| {
            let path = entry.expect("it can be read").path();
            if path.is_dir() { count(&path) } else { 1 }
        };
        entries.map(count_one).sum()
    }
    count(&engine.folder.join("files"))
}

#[tokio::test]
async fn a_file_is_found_with_what_its_contents_tell() {
    for_each_engine(async |engine| {
        let files = files(&engine, SIZE_MAX).await;
        let ann = user("ann");
        let name = "../../secret/\u{202e}plan.pdf";
        let file = upload(&files, &ann, name, Place::Library, b"%PDF-1.7 and so on").await;
        let file = file.expect("it is small");
        assert_eq!(file.name, "plan.pdf");
        assert_eq!(file.content_type, "application/pdf", "whatever the sender claims");
        assert_eq!((file.size, file.purpose), (18, Purpose::Library));
        assert_eq!(contents(&files, &user("cat"), file.key).await, b"%PDF-1.7 and so on");
        let said = audit_of(&engine, "file").await;
        assert_eq!(said, [("file.uploaded".to_owned(), "uploaded plan.pdf".to_owned())]);
    })
    .await;
}

#[tokio::test]
async fn too_large_and_broken_uploads_leave_nothing() {
    for_each_engine(async |engine| {
        let files = files(&engine, 10).await;
        let ann = user("ann");
        let large = upload(&files, &ann, "a", Place::Library, b"eleven byte").await;
        assert!(matches!(large, Err(FilesError::Blob(BlobError::TooLarge { limit: 10 }))));
        upload(&files, &ann, "b", Place::Library, b"ten bytes!")
            .await
            .expect("as large as allowed");
        let broken = stream::iter([Ok(Bytes::from_static(b"begin")), Err("cut off")]);
        let broken = files.upload(&ann, NewFile::default(), broken, &origin("ann")).await;
        assert!(matches!(broken, Err(FilesError::Blob(BlobError::BrokenOff(_)))));
        assert_eq!(stored(&engine), 1);
        let listed = files.list(&ann, FileFilter::default(), None, 10).await.expect("a list");
        assert_eq!(listed.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn contents_go_with_the_last_file_that_has_them() {
    for_each_engine(async |engine| {
        let files = files(&engine, SIZE_MAX).await;
        let ann = user("ann");
        let first = upload(&files, &ann, "a", Place::Library, b"the same").await.expect("small");
        let second = upload(&files, &ann, "b", Place::Library, b"the same").await.expect("small");
        assert_eq!((first.hash, stored(&engine)), (second.hash, 1));
        let by_other = files.delete(&user("cat"), first.key, &origin("cat")).await;
        assert!(matches!(by_other, Err(FilesError::Forbidden(_))));
        files.delete(&ann, first.key, &origin("ann")).await.expect("it is hers");
        assert_eq!(contents(&files, &ann, second.key).await, b"the same");
        files.delete(&manager(), second.key, &origin("max")).await.expect("operators may");
        assert_eq!(stored(&engine), 0);
        let gone = files.download(&ann, second.key).await;
        assert!(matches!(gone, Err(FilesError::NotFound)));
    })
    .await;
}

#[tokio::test]
async fn contents_wait_for_uploads_that_could_bring_them_again() {
    for_each_engine(async |engine| {
        let files = files(&engine, SIZE_MAX).await;
        let ann = user("ann");
        let file = upload(&files, &ann, "a", Place::Library, b"the same").await.expect("small");
        let (sender, receiver) = tokio::sync::mpsc::channel::<Result<Bytes, String>>(1);
        let pieces = stream::unfold(receiver, async |mut it| Some((it.recv().await?, it)));
        let slow = tokio::spawn({
            let (files, ann) = (files.clone(), ann.clone());
            let new = NewFile { name: "slow".into(), ..NewFile::default() };
            async move { files.upload(&ann, new, Box::pin(pieces), &origin("ann")).await }
        });
        sender.send(Ok(Bytes::from_static(b"the "))).await.expect("it is taken");
        sender.send(Ok(Bytes::from_static(b"same"))).await.expect("it is taken");
        files.delete(&ann, file.key, &origin("ann")).await.expect("it is hers");
        drop(sender);
        let again = slow.await.expect("it does not panic").expect("it is small");
        assert_eq!(contents(&files, &ann, again.key).await, b"the same");
        files.delete(&ann, again.key, &origin("ann")).await.expect("it is hers");
        assert_eq!(stored(&engine), 0);
    })
    .await;
}

#[tokio::test]
async fn a_file_of_a_task_is_seen_by_whoever_has_to_do_with_the_instance() {
    for_each_engine(async |engine| {
        let files = files(&engine, SIZE_MAX).await;
        let extensions = r#"<zeebe:assignmentDefinition assignee="ann" candidateGroups="sales" />"#;
        let task = start_one(&engine, "attach", extensions).await;
        let ann = user("ann");
        let place = tasks::attachment_place(&engine.execution, &ann, task.key).await;
        let place = place.expect("it is hers");
        let file = upload(&files, &ann, "bill.txt", place, b"bill").await.expect("small");
        assert_eq!(file.user_task_key, Some(task.key));
        let sue = person("sue", Role::User, &["sales"]);
        for (who, sees) in [
            (ann, true),
            (sue, true),
            (user("starter"), true),
            (manager(), true),
            (person("mod", Role::Modeler, &[]), true),
            (user("cat"), false),
        ] {
            let found = files.load(&who, file.key).await;
            let listed = files.list(&who, FileFilter::default(), None, 10).await.expect("a list");
            assert_eq!((found.is_ok(), listed.len() == 1), (sees, sees), "{}", who.user_id);
        }
        let stranger = tasks::attachment_place(&engine.execution, &user("cat"), task.key).await;
        assert!(stranger.is_err());
        let said = audit_of(&engine, "file").await;
        assert_eq!(said[0].1, "attached bill.txt to \"attach\"");
    })
    .await;
}

#[tokio::test]
async fn answers_to_forms_that_are_never_sent_go_after_a_day() {
    for_each_engine(async |engine| {
        let files = files(&engine, SIZE_MAX).await;
        let ann = user("ann");
        let given_up = upload(&files, &ann, "a", Place::Form, b"given up").await.expect("small");
        let sent = upload(&files, &ann, "b", Place::Form, b"sent").await.expect("small");
        assert!(files.load(&user("cat"), sent.key).await.is_err(), "a draft is private");
        files.link(&[sent.key], 77, None, &ann).await.expect("it can be linked");
        engine.clock.advance(SignedDuration::from_hours(25));
        files.clean().await.expect("it can be cleaned");
        assert!(matches!(files.load(&ann, given_up.key).await, Err(FilesError::NotFound)));
        assert_eq!(contents(&files, &ann, sent.key).await, b"sent");
        assert_eq!(stored(&engine), 1);
    })
    .await;
}

#[tokio::test]
async fn lists_go_from_new_to_old_and_find_words_in_names() {
    for_each_engine(async |engine| {
        let files = files(&engine, SIZE_MAX).await;
        let ann = user("ann");
        for name in ["Bill 1.txt", "note.txt", "bill_2.txt"] {
            upload(&files, &ann, name, Place::Library, b"x").await.expect("small");
        }
        let names = async |search: &str, before: Option<i64>, limit| {
            let search = Some(search.to_owned());
            let filter = FileFilter { search, ..FileFilter::default() };
            let found = files.list(&user("cat"), filter, before, limit).await.expect("a list");
            let last = found.last().map(|it| it.key);
            (found.into_iter().map(|it| it.name).collect::<Vec<_>>(), last)
        };
        let (first, last) = names("", None, 2).await;
        assert_eq!(first, ["bill_2.txt", "note.txt"]);
        assert_eq!(names("", last, 2).await.0, ["Bill 1.txt"]);
        assert_eq!(names("BILL", None, 9).await.0, ["bill_2.txt", "Bill 1.txt"]);
        assert_eq!(names("l_2", None, 9).await.0, ["bill_2.txt"]);
    })
    .await;
}
