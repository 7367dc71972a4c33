//! The outer form of a file: encoding, line ends, separator, header. Also its digest.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::ServerError;

/// No row of ours comes near; a longer one is not the file that was meant.
const LINE_LIMIT: usize = 64 << 10;

/// What is known of a file with the right form.
#[derive(Debug)]
pub(super) struct Form {
    /// SHA-256 of the whole file, in hexadecimal.
    pub(super) digest: String,
    /// Rows below the header.
    pub(super) rows: u64,
}

/// Checks the form; the first thing that is wrong is told with line and column.
pub(super) fn check(path: &Path, header: &str) -> Result<Form, ServerError> {
    let mut reader = BufReader::new(File::open(path).map_err(ServerError::file(path))?);
    let mut digest = Sha256::new();
    let mut lines = 0;
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = reader.by_ref().take(LINE_LIMIT as u64).read_until(b'\n', &mut line);
        if read.map_err(ServerError::file(path))? == 0 {
            break;
        }
        lines += 1;
        digest.update(&line);
        check_line(&line, lines, header).map_err(|(column, what)| {
            ServerError::Found(format!("{}, line {lines}, column {column}: {what}", path.display()))
        })?;
    }
    if lines == 0 {
        let what = format!("the file is empty; it begins with the header / tệp rỗng: {header}");
        return Err(ServerError::Found(format!("{}, line 1, column 1: {what}", path.display())));
    }
    let digest =
        digest.finalize().iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    Ok(Form { digest, rows: lines - 1 })
}

type Misfit = (usize, String);

fn check_line(line: &[u8], number: u64, header: &str) -> Result<(), Misfit> {
    if number == 1 && line.starts_with(b"\xEF\xBB\xBF") {
        return Err((
            1,
            "a byte-order mark; save as UTF-8 without BOM / hãy lưu UTF-8 không BOM".into(),
        ));
    }
    if line.starts_with(b"\xFF\xFE") || line.starts_with(b"\xFE\xFF") {
        return Err((1, "the file is UTF-16; save as UTF-8 / hãy lưu dạng UTF-8".into()));
    }
    let text = std::str::from_utf8(line).map_err(|error| {
        let before = String::from_utf8_lossy(&line[..error.valid_up_to()]);
        (
            before.chars().count() + 1,
            "not UTF-8; save as UTF-8 / không phải UTF-8, hãy lưu lại".into(),
        )
    })?;
    if text.len() >= LINE_LIMIT {
        return Err((1, "the line is far too long / dòng quá dài".into()));
    }
    let content = text.strip_suffix('\n').unwrap_or(text);
    if let Some(at) = content.chars().position(|letter| letter == '\r') {
        return Err((
            at + 1,
            "a CR; lines end in LF alone (dos2unix) / dòng phải kết thúc bằng LF".into(),
        ));
    }
    if number == 1 { check_header(content, header) } else { Ok(()) }
}

fn check_header(found: &str, header: &str) -> Result<(), Misfit> {
    if found == header {
        return Ok(());
    }
    if let Some(at) = found.chars().position(|letter| letter == ';') {
        return Err((
            at + 1,
            "semicolons; columns are separated by commas / hãy ngăn cột bằng dấu phẩy".into(),
        ));
    }
    let same =
        found.chars().zip(header.chars()).take_while(|(found, wanted)| found == wanted).count();
    Err((same + 1, format!("the header must be / tiêu đề phải là: {header}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "code,name";

    fn told(content: &[u8]) -> String {
        let file =
            std::env::temp_dir().join(format!("form-{}-{}", std::process::id(), content.len()));
        std::fs::write(&file, content).unwrap();
        let told = check(&file, HEADER).unwrap_err().to_string();
        std::fs::remove_file(&file).unwrap();
        told.split_once(", ").unwrap().1.to_owned()
    }

    #[test]
    fn a_wrong_form_is_told_with_line_and_column() {
        assert!(
            told(b"\xEF\xBB\xBFcode,name\n").starts_with("line 1, column 1: a byte-order mark")
        );
        assert!(told(b"code;name\n1;2\n").starts_with("line 1, column 5: semicolons"));
        assert!(told(b"code,name\r\n1,2\r\n").starts_with("line 1, column 10: a CR"));
        assert!(told(b"code,title\n").starts_with("line 1, column 6: the header"));
        assert!(told(b"code,name\n1,X\xE3 V\n").starts_with("line 2, column 4: not UTF-8"));
        assert!(told(b"\xFF\xFEc\0o\0").starts_with("line 1, column 1: the file is UTF-16"));
        assert!(told(b"").starts_with("line 1, column 1: the file is empty"));
    }
}
