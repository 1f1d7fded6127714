//! The text component's markdown: what it makes, and what it must never make.

use flowstead::core::forms::render_markdown;

#[test]
fn marks_become_html() {
    for (source, expected) in [
        ("", ""),
        ("plain", "<p>plain</p>\n"),
        ("one\ntwo\n\nthree", "<p>one\ntwo</p>\n<p>three</p>\n"),
        ("one  \ntwo\\\nthree", "<p>one<br>\ntwo<br>\nthree</p>\n"),
        ("# A\n### B ###\n####### C", "<h1>A</h1>\n<h3>B</h3>\n<p>####### C</p>\n"),
        ("#no heading", "<p>#no heading</p>\n"),
        (
            "**b** and *i* and __b__ and _i_",
            "<p><strong>b</strong> and <em>i</em> and <strong>b</strong> and <em>i</em></p>\n",
        ),
        ("***both***", "<p><strong><em>both</em></strong></p>\n"),
        ("**a *b* c**", "<p><strong>a <em>b</em> c</strong></p>\n"),
        ("snake_case_name 2*3*4 * x", "<p>snake_case_name 2<em>3</em>4 * x</p>\n"),
        ("*open and **open", "<p>*open and **open</p>\n"),
        ("`a < b` and ``c ` d``", "<p><code>a &lt; b</code> and <code>c ` d</code></p>\n"),
        ("`**not bold**`", "<p><code>**not bold**</code></p>\n"),
        ("\\*not\\* \\[x](y)", "<p>*not* [x](y)</p>\n"),
        (
            "```js\nlet a = \"<b>\";\n\n# x\n```\nafter",
            "<pre><code>let a = &quot;&lt;b&gt;&quot;;\n\n# x</code></pre>\n<p>after</p>\n",
        ),
        ("```\nnever closed", "<pre><code>never closed</code></pre>\n"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        ("1. a\n2) *b*", "<ol>\n<li>a</li>\n<li><em>b</em></li>\n</ol>\n"),
        (
            "- a\n  - b\n  - c\n- d",
            "<ul>\n<li>a<ul>\n<li>b</li>\n<li>c</li>\n</ul></li>\n<li>d</li>\n</ul>\n",
        ),
        ("- a\n1. b", "<ul>\n<li>a</li>\n</ul><ol>\n<li>b</li>\n</ol>\n"),
        ("text\n- a", "<p>text</p>\n<ul>\n<li>a</li>\n</ul>\n"),
        ("> quoted\n> *twice*", "<blockquote><p>quoted\n<em>twice</em></p></blockquote>\n"),
        ("a\n\n---\n\nb", "<p>a</p>\n<hr>\n<p>b</p>\n"),
        (
            "[a *b*](https://example.org/?x=1&y=2 \"title\")",
            "<p><a href=\"https://example.org/?x=1&amp;y=2\" \
             rel=\"noopener noreferrer nofollow\">a <em>b</em></a></p>\n",
        ),
        (
            "[m](mailto:a@example.org)",
            "<p><a href=\"mailto:a@example.org\" rel=\"noopener noreferrer nofollow\">m</a></p>\n",
        ),
    ] {
        assert_eq!(render_markdown(source), expected, "{source:?}");
    }
}

/// Sources that try to get something through.
const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "# <script>alert(1)</script>",
    "- <script>alert(1)</script>",
    "> <script>alert(1)</script>",
    "```<script>\n<script>alert(1)</script>\n```",
    "`<script>`",
    "**<script>**",
    "[<script>alert(1)</script>](https://example.org)",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a]( javascript:alert(1))",
    "[a](java\nscript:alert(1))",
    "[a](\u{1}javascript:alert(1))",
    "[a](https://\u{1}x)",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "[a](vbscript:x)",
    "[a](//example.org)",
    "[a](https:javascript:alert(1))",
    "[a](&#106;avascript:alert(1))",
    "[a](https://example.org\"onmouseover=\"alert(1))",
    "[a](https://example.org' onmouseover='alert(1))",
    "[a](https://example.org\" onmouseover=alert(1) x=\")",
    "[a](https://example.org<script>)",
    "[[a](https://b.example)](javascript:alert(1))",
    "[a [b](javascript:x)](https://example.org)",
    "[a](javascript:x) [b](https://example.org)",
    "![a](javascript:alert(1))",
    "![a](https://example.org/a.png)",
    "<https://example.org>",
    "<javascript:alert(1)>",
    "[a]: javascript:alert(1)\n[a]",
    "*<b*>",
    "\\<script>",
    "&lt;script&gt;",
    "a\u{0}b\u{8}c",
    "\u{1}<script>\u{1}",
];

/// The tags in HTML of which every `<` opens one; each must be one of ours, to the letter.
fn check_tags(html: &str) {
    const PLAIN: [&str; 20] = [
        "p",
        "br",
        "hr",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "strong",
        "em",
        "code",
        "pre",
        "ul",
        "ol",
        "li",
        "blockquote",
        "a",
        "",
        "/",
    ];
    for part in html.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap_or_else(|| panic!("unclosed tag in {html}"));
        assert!(!text.contains('>'), "a stray > in {html}");
        if let Some(attributes) = tag.strip_prefix("a ") {
            let target = attributes
                .strip_prefix("href=\"")
                .and_then(|rest| rest.strip_suffix("\" rel=\"noopener noreferrer nofollow"))
                .or_else(|| {
                    attributes
                        .strip_prefix("href=\"")?
                        .strip_suffix("\" rel=\"noopener noreferrer nofollow\"")
                });
            let target = target.unwrap_or_else(|| panic!("foreign attributes in {html}"));
            assert!(!target.contains(['"', '\'', '<', '\n']), "an open quote in {html}");
            let schemes = ["http://", "https://", "mailto:"];
            assert!(schemes.iter().any(|s| target.starts_with(s)), "a foreign scheme in {html}");
        } else {
            let name = tag.strip_prefix('/').unwrap_or(tag);
            assert!(!name.is_empty() && PLAIN.contains(&name), "<{tag}> in {html}");
        }
    }
}

#[test]
fn hostile_sources_stay_text() {
    for source in HOSTILE {
        let html = render_markdown(source);
        check_tags(&html);
        let has_control = html.chars().any(|c| c.is_control() && c != '\n' && c != '\t');
        assert!(!has_control, "{html:?}");
    }
}

#[test]
fn hostile_sources_stay_text_in_every_combination() {
    for first in HOSTILE {
        for second in HOSTILE {
            for glue in ["", "\n", " ", "*", "[", "](", "`", "**"] {
                check_tags(&render_markdown(&format!("{first}{glue}{second}")));
            }
        }
    }
}

#[test]
fn tags_are_closed_in_order() {
    for source in HOSTILE.iter().copied().chain([
        "- a\n    - b\n        - c\n  - d\n- e",
        "1. a\n  - b\n1. c",
        "- a\n   1. b\n - c\n     - d\ne",
        "**a _b **c** d_ e**",
        "[*a](https://x.example)*",
    ]) {
        let html = render_markdown(source);
        let mut open = Vec::new();
        for part in html.split('<').skip(1) {
            let tag = part.split('>').next().unwrap_or_default();
            let name = tag.split(' ').next().unwrap_or_default();
            match name.strip_prefix('/') {
                Some(closed) => assert_eq!(open.pop(), Some(closed), "{html}"),
                None if matches!(name, "br" | "hr") => {}
                None => open.push(name),
            }
        }
        assert!(open.is_empty(), "{html}");
    }
}

#[test]
fn sources_full_of_marks_end_soon() {
    for mark in ["*", "**", "_", "[", "[](", "`", "*a ", " *a", "- ", "\\", "[a](", "_a*"] {
        let html = render_markdown(&mark.repeat(8_000));
        check_tags(&html);
    }
}
