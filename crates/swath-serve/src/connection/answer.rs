//! Answers the connection gives by itself, because no request came of what the peer sent.
//!
//! Comes in: a status and a sentence. Goes out: the octets of an HTTP/1.1 response that closes the
//! connection.

use std::time::SystemTime;

use http::StatusCode;

use super::respond::Refusal;
use crate::exchange::Outcome;

/// What is answered, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(super) status: StatusCode,
    pub(super) because: &'static str,
    pub(super) outcome: Outcome,
}

/// The answer to a head that was begun and not finished in time.
pub(crate) const HEAD_TIMEOUT: Answer = Answer {
    status: StatusCode::REQUEST_TIMEOUT,
    because: "the request's head did not come in time",
    outcome: Outcome::HeadTimeout,
};

/// Describes a head that is answered so; or that ended with its connection, and gets no answer.
pub(super) fn refusal(answer: Option<Answer>) -> Refusal {
    match answer {
        Some(answer) => Refusal {
            status: Some(answer.status),
            outcome: answer.outcome,
            because: answer.because,
            bytes_sent: answer.content().len().try_into().unwrap_or(u64::MAX),
        },
        None => Refusal {
            status: None,
            outcome: Outcome::BadHead,
            because: "the connection ended in the middle of a request's head",
            bytes_sent: 0,
        },
    }
}

impl Answer {
    /// The answer to a head the engine refused with `status`.
    pub(super) fn to_bad_head(status: StatusCode) -> Answer {
        let because = match status {
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
                "the request's head is too long or has too many fields; send fewer or shorter ones"
            }
            StatusCode::URI_TOO_LONG => "the request's target is too long",
            _ => "what came is not an HTTP request",
        };
        Answer { status, because, outcome: Outcome::BadHead }
    }

    /// The answer to HTTP in the clear on a port that speaks TLS.
    pub(super) const CLEAR_ON_TLS: Answer = Answer {
        status: StatusCode::BAD_REQUEST,
        because: "this port speaks TLS, and the request came in the clear; ask for an https URL",
        outcome: Outcome::BadHead,
    };

    /// The answer to one connection too many from one peer.
    pub(super) const TOO_MANY: Answer = Answer {
        status: StatusCode::SERVICE_UNAVAILABLE,
        because: "there are too many connections from your address; close some and ask again",
        outcome: Outcome::Refused,
    };

    /// Returns the content: the sentence on a line of its own.
    pub(super) fn content(&self) -> String {
        format!("{}: {}\n", self.status, self.because)
    }

    /// Writes the whole response.
    pub(super) fn to_octets(self) -> Vec<u8> {
        let content = self.content();
        let retry = if self.status == StatusCode::SERVICE_UNAVAILABLE { "Retry-After: 1\r\n" } else { "" };
        format!(
            "HTTP/1.1 {}\r\nDate: {}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\
             X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n{retry}Connection: close\r\n\r\n{content}",
            self.status,
            httpdate::fmt_http_date(SystemTime::now()),
            content.len(),
        )
        .into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_one_whole_response() {
        let octets = String::from_utf8(Answer::TOO_MANY.to_octets()).unwrap();
        let (head, content) = octets.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 503 Service Unavailable\r\nDate: "), "{head}");
        assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", content.len())), "{head}");
        assert!(head.contains("\r\nRetry-After: 1\r\n") && head.ends_with("\r\nConnection: close"), "{head}");
        assert_eq!(content, Answer::TOO_MANY.content());
    }
}
