//! Parses stack traces of the JVM, Node and browsers, Python, Go, .NET, Ruby, PHP and Rust: which lines are frames,
//! and which frames are the program's own code.

/// Type of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StackPart {
    /// An error, or its cause.
    Head,
    /// A frame of the program itself, as far as can be told.
    Own,
    /// A frame of a library, a framework or the runtime.
    Library,
}

/// A line and its type.
pub type StackLine<'a> = (StackPart, &'a str);

/// Paths and names of library code, in all these languages.
const LIBRARIES: [&str; 44] = [
    // JVM
    " java.",
    " javax.",
    " jakarta.",
    " jdk.",
    " sun.",
    " kotlin.",
    " kotlinx.",
    " scala.",
    " akka.",
    " io.netty.",
    " io.grpc.",
    " io.opentelemetry.",
    " org.springframework.",
    " org.apache.",
    " org.hibernate.",
    " org.eclipse.",
    " com.zaxxer.",
    " reactor.",
    " java.base/",
    " com.mysql.",
    " org.postgresql.",
    // Node and browsers
    "node_modules/",
    "node:",
    "(internal/",
    "<anonymous>",
    // Python
    "site-packages/",
    "dist-packages/",
    "/lib/python",
    "<frozen ",
    // Go
    "/usr/local/go/",
    "/go/src/runtime/",
    "/pkg/mod/",
    "/vendor/",
    "runtime/",
    // .NET
    " System.",
    " Microsoft.",
    " Npgsql.",
    // Ruby
    "/gems/",
    "/ruby/",
    "<internal:",
    // Rust
    "/rustc/",
    ".cargo/registry/",
    " core::",
    " std::",
];

pub(super) fn looks_like(key: &str, text: &str) -> bool {
    // Long texts without line breaks are skipped.
    let named =
        matches!(key, "exception.stacktrace" | "error.stack" | "stack" | "stacktrace" | "error.stacktrace");
    text.contains('\n') && {
        let head = match text.char_indices().nth(4_000) {
            Some((end, _)) => &text[..end],
            None => text,
        };
        let frames = lines(head).iter().filter(|(part, _)| *part != StackPart::Head).count();
        frames >= if named { 1 } else { 2 } || (frames == 1 && head.contains("\n\tat "))
    }
}

/// The non-empty lines of a stack trace.
pub fn lines(text: &str) -> Vec<StackLine<'_>> {
    let mut lines: Vec<StackLine<'_>> = Vec::new();
    let mut all = text.lines().filter(|line| !line.trim().is_empty()).peekable();
    while let Some(line) = all.next() {
        let next = all.peek().copied().unwrap_or_default();
        let part = if is_place(next) {
            // In Go and Rust the name of a frame precedes its location.
            origin(next, line)
        } else if is_frame(line) || is_place(line) {
            origin(line, "")
        } else {
            match lines.last() {
                // Python shows source code below a frame.
                Some((part, above))
                    if *part != StackPart::Head && is_python(above) && indent(line) > indent(above) =>
                {
                    *part
                }
                _ => StackPart::Head,
            }
        };
        lines.push((part, line.trim_end()));
    }
    lines
}

fn origin(place: &str, name: &str) -> StackPart {
    let foreign = |line: &str| {
        // Names follow `at` or the frame's number, so each has a space in front.
        let line = format!(" {}", line.trim_start());
        LIBRARIES.iter().any(|library| line.contains(library))
    };
    if foreign(place) || foreign(name) { StackPart::Library } else { StackPart::Own }
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn is_python(line: &str) -> bool {
    line.trim_start().starts_with("File \"")
}

/// Whether a line is the location of a frame whose name is in the line above.
fn is_place(line: &str) -> bool {
    let bare = line.trim_start();
    let go = line.starts_with(['\t', ' ']) && numbered(bare, ".go:");
    let rust = bare.strip_prefix("at ").is_some_and(|place| numbered(place, ".rs:"));
    go || rust
}

fn is_frame(line: &str) -> bool {
    let bare = line.trim_start();
    let at = bare.starts_with("at ") && indent(line) > 0;
    // `#0 /srv/cart.php(12): add()` and `3: cart::add`.
    let php = bare.strip_prefix('#').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let rust = bare.split_once(": ").is_some_and(|(number, name)| {
        indent(line) > 0 && number.parse::<u32>().is_ok() && name.contains("::")
    });
    at || php || rust || is_python(line) || numbered(bare, ".rb:")
}

/// Whether the line contains `mark` followed by a digit.
fn numbered(line: &str, mark: &str) -> bool {
    line.split_once(mark).is_some_and(|(_, rest)| rest.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One letter a line: `h`ead, `o`wn, `l`ibrary.
    fn parts(text: &str) -> String {
        let letter = |(part, _): StackLine<'_>| match part {
            StackPart::Head => 'h',
            StackPart::Own => 'o',
            StackPart::Library => 'l',
        };
        lines(text).into_iter().map(letter).collect()
    }

    #[test]
    fn jvm() {
        let text = "java.lang.IllegalStateException: no stock\n\tat com.acme.Cart.add(Cart.java:7)\n\
                    \tat java.base/java.lang.Thread.run(Thread.java:840)\n\
                    Caused by: java.io.IOException: gone\n\tat org.apache.http.Client.get(Client.java:1)\n\t... 12 more\n";
        assert_eq!(parts(text), "holhlh");
    }

    #[test]
    fn node_and_browsers() {
        let text = "Error: no\n    at add (/srv/app/cart.js:7:3)\n    at /srv/app/node_modules/express/lib/router.js:1:2\n\
                    \u{20}   at process.processTicksAndRejections (node:internal/process/task_queues:95:5)";
        assert_eq!(parts(text), "holl");
    }

    #[test]
    fn python() {
        let text = "Traceback (most recent call last):\n  File \"/srv/app/cart.py\", line 7, in add\n    raise Gone()\n\
                    \u{20} File \"/usr/lib/python3.12/json/__init__.py\", line 1, in loads\n    return x\nGone: no\n";
        assert_eq!(parts(text), "hoollh");
    }

    #[test]
    fn go() {
        let text = "goroutine 1 [running]:\nmain.add(0x1)\n\t/srv/app/cart.go:7 +0x1d\n\
                    runtime.main()\n\t/usr/local/go/src/runtime/proc.go:250 +0x1\n";
        assert_eq!(parts(text), "hooll");
    }

    #[test]
    fn net_ruby_php_and_rust() {
        let net = "System.Exception: no\n   at Acme.Cart.Add(Int32 id) in /srv/Cart.cs:line 7\n   at System.Threading.Run()";
        assert_eq!(parts(net), "hol");
        let ruby = "cart.rb:7:in `add': no (RuntimeError)\n\tfrom /usr/lib/ruby/gems/rack.rb:1:in `call'";
        assert_eq!(parts(ruby), "ol");
        assert_eq!(parts("Exception: no\n#0 /srv/cart.php(12): add()\n#1 {main}"), "hoo");
        let rust = "   0: core::panicking::panic\n             at /rustc/abc/library/core/src/panicking.rs:1:5\n\
                    \u{20}  1: cart::add\n             at ./src/cart.rs:7:3";
        assert_eq!(parts(rust), "lloo");
    }

    #[test]
    fn prose_has_no_frames() {
        assert_eq!(parts("one\ntwo at once\n  three"), "hhh");
        assert!(!looks_like("message", "first\n  second line\n  third"));
        assert!(!looks_like("exception.stacktrace", "at one line only"));
    }
}
