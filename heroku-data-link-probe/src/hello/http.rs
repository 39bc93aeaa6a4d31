//! A web app: one `HEAD /`, and the status line of the answer. Nothing else of it is read or shown, and
//! no redirect is followed.

use std::net::Ipv6Addr;

use heroku_data_link::model::HostPort;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::Trouble;
use crate::wire::Wire;

/// No status line is longer.
const LONGEST_LINE: usize = 1024;

/// Asks, and returns the status of the answer.
pub(crate) async fn hello(host: &HostPort, mut wire: Wire) -> Result<u16, Trouble> {
    let request = format!(
        "HEAD / HTTP/1.1\r\nHost: {}\r\nUser-Agent: heroku-data-link-probe\r\nAccept: */*\r\n\
         Connection: close\r\n\r\n",
        authority(host)
    );
    wire.write_all(request.as_bytes()).await.map_err(|_| Trouble::Broken)?;
    wire.flush().await.map_err(|_| Trouble::Broken)?;
    let mut line = [0; LONGEST_LINE];
    let mut filled = 0;
    while filled < line.len() {
        let read = wire.read(&mut line[filled..]).await.map_err(|_| Trouble::Broken)?;
        if read == 0 {
            break;
        }
        filled += read;
        if let Some(end) = line[..filled].iter().position(|&byte| byte == b'\n') {
            return status(&line[..end]).ok_or(Trouble::Broken);
        }
    }
    Err(Trouble::Broken)
}

/// What stands behind `Host`: the usual ports are left out, as browsers do.
fn authority(host: &HostPort) -> String {
    match host.port() {
        80 | 443 if host.host().parse::<Ipv6Addr>().is_ok() => format!("[{}]", host.host()),
        80 | 443 => host.host().to_owned(),
        _ => host.to_string(),
    }
}

/// Reads `HTTP/1.1 200 OK`.
fn status(line: &[u8]) -> Option<u16> {
    let rest = line.strip_prefix(b"HTTP/1.").and_then(|rest| rest.get(1..))?;
    let digits = rest.strip_prefix(b" ")?.get(..3)?;
    let ends = matches!(rest.get(4), None | Some(b' ' | b'\r'));
    let is_number = digits.iter().all(u8::is_ascii_digit);
    let status: u16 =
        std::str::from_utf8(digits).ok().filter(|_| ends && is_number)?.parse().ok()?;
    (100..600).contains(&status).then_some(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_line_is_read_strictly() {
        for (line, expected) in [
            ("HTTP/1.1 200 OK\r", Some(200)),
            ("HTTP/1.0 503", Some(503)),
            ("HTTP/1.1 404\r", Some(404)),
            ("HTTP/1.1 200OK", None),
            ("HTTP/1.1 2000", None),
            ("HTTP/1.1 099 x", None),
            ("HTTP/1.1 600 x", None),
            ("HTTP/1.1 +20 x", None),
            ("HTTP/1.1  200", None),
            ("HTTP/2 200", None),
            ("HTTP/1.", None),
            ("-ERR unknown command", None),
            ("", None),
        ] {
            assert_eq!(status(line.as_bytes()), expected, "{line}");
        }
    }

    #[test]
    fn the_usual_ports_are_left_out() {
        for (host, expected) in [
            ("app.example:80", "app.example"),
            ("app.example:443", "app.example"),
            ("app.example:8080", "app.example:8080"),
            ("[::1]:80", "[::1]"),
            ("[::1]:81", "[::1]:81"),
        ] {
            assert_eq!(authority(&host.parse().unwrap()), expected);
        }
    }
}
