//! A lane at work: requests taken one after another, the connection kept between them.
//!
//! In: orders. Out: heads told, content handed to [`content`](super::content), failures told.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::SystemTime;

use byteranges::HttpDate;
use byteranges::download::{AskId, Event as Told, Fetch, Head};
use tokio::sync::Notify;

use super::content::Content;
use crate::connect::{Answer, Idle, Notice};
use crate::drive::{Engine, Order, Rest, SeatId, Tell};
use crate::fault::Trouble;
use crate::observe::Event;
use crate::sink::About;

/// What a clock is taken for that has left the years of HTTP.
const EPOCH: HttpDate = HttpDate::from_seconds(0).unwrap();

/// Holds what a lane keeps from one request to the next.
pub(crate) struct Lane {
    pub(super) engine: Arc<Engine>,
    pub(super) seat: SeatId,
    pub(super) wake: Arc<Notify>,
    pub(super) orders: VecDeque<Order>,
    /// The connection of the last request, where it is still good, and the way it belongs to.
    idle: Option<(usize, Idle)>,
}

impl Lane {
    pub(crate) fn new(engine: Arc<Engine>, seat: SeatId, wake: Arc<Notify>) -> Self {
        Self { engine, seat, wake, orders: VecDeque::new(), idle: None }
    }

    /// Works until it is sent home.
    pub(crate) async fn serve(mut self) {
        loop {
            match self.next_order().await {
                Order::Fetch(fetch) => self.fetch(&fetch).await,
                Order::Quit => return,
                // Left over from a request that ended.
                Order::Write { .. } | Order::Compare { .. } | Order::Skip { .. } | Order::Stop => {}
            }
        }
    }

    async fn next_order(&mut self) -> Order {
        loop {
            if let Some(order) = self.orders.pop_front() {
                return order;
            }
            self.orders = self.engine.orders(self.seat);
            if self.orders.is_empty() {
                self.wake.notified().await;
            }
        }
    }

    async fn fetch(&mut self, fetch: &Fetch) {
        let ask = fetch.ask;
        let idle = self.idle.take().filter(|(path, _)| *path == fetch.path).map(|(_, idle)| idle);
        let engine = Arc::clone(&self.engine);
        let fields = engine.fields(fetch);
        let mut notice = |notice| engine.note(event(&engine, fetch, notice));
        let asking = engine.ways.ask(fetch.path, &fields, fetch.resolve_again, idle, &mut notice);
        let answer = tokio::select! {
            biased;
            () = self.stopped() => None,
            answer = asking => Some(answer),
        };
        match answer {
            None => self.tell_free(ask, Some(Event::Stopped { ask: ask.0, received: 0 }), Vec::new(), None),
            Some(Err(trouble)) => self.tell_failed(ask, &trouble),
            Some(Ok(answer)) => self.receive(fetch, answer).await,
        }
    }

    /// Waits for the order to give up the request.
    async fn stopped(&mut self) {
        loop {
            if self.orders.iter().any(|order| matches!(order, Order::Stop | Order::Quit)) {
                self.orders.retain(|order| matches!(order, Order::Quit));
                return;
            }
            self.wake.notified().await;
            let more = self.engine.orders(self.seat);
            self.orders.extend(more);
        }
    }

    async fn receive(&mut self, fetch: &Fetch, answer: Answer) {
        if let Some(why) = &answer.not_followed {
            self.engine.trouble(why);
        }
        let mut content = Content::new(fetch, answer);
        self.tell_head(fetch, &mut content);
        let idle = content.perform(self).await;
        self.idle = idle.map(|idle| (fetch.path, idle));
    }

    fn tell_head(&mut self, fetch: &Fetch, content: &mut Content) {
        let ask = fetch.ask;
        let parts = &content.answer.parts;
        let mut head = Head::read(parts.status, &parts.headers, now());
        head.redirected = content.answer.redirected;
        head.digested = self.engine.job.want_digests && content.expect_digest(fetch.range);
        let (parts, url) = (&content.answer.parts, &content.answer.url);
        let text = |name| parts.headers.get(name).map(text);
        let note = Event::Head {
            ask: ask.0,
            status: parts.status.as_u16(),
            content_range: text(http::header::CONTENT_RANGE),
            etag: text(http::header::ETAG),
        };
        let about =
            About { url: self.engine.job.url.clone(), answered: url.clone(), fields: parts.headers.clone() };
        let events = vec![Told::Head { ask, head: Box::new(head) }];
        let tell = Tell { events, notes: vec![note], about: Some(about), rest: Rest::Works };
        let orders = self.engine.tell(self.seat, tell);
        self.orders.extend(orders);
    }

    /// Tells what leaves the lane at work.
    pub(super) fn tell(&mut self, tell: Tell) {
        let orders = self.engine.tell(self.seat, tell);
        self.orders.extend(orders);
    }

    pub(super) fn take_orders(&mut self) {
        let orders = self.engine.orders(self.seat);
        self.orders.extend(orders);
    }

    /// Tells that the request is over for this lane; orders that come back are for the next one.
    pub(super) fn tell_free(
        &mut self,
        ask: AskId,
        note: Option<Event>,
        events: Vec<Told>,
        open: Option<usize>,
    ) {
        let tell =
            Tell { events, notes: note.into_iter().collect(), about: None, rest: Rest::Free(ask, open) };
        let orders = self.engine.tell(self.seat, tell);
        self.orders.extend(orders);
    }

    /// Tells that no answer came.
    fn tell_failed(&mut self, ask: AskId, trouble: &Trouble) {
        self.engine.trouble(&trouble.why);
        let note = Event::Failed { ask: ask.0, received: 0, why: trouble.why.clone() };
        self.tell_free(ask, Some(note), vec![Told::Failed { ask, failure: trouble.failure }], None);
    }
}

fn text(value: &http::HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

fn now() -> HttpDate {
    HttpDate::from_system_time(SystemTime::now()).unwrap_or(EPOCH)
}

fn event(engine: &Engine, fetch: &Fetch, notice: Notice) -> Event {
    let ask = fetch.ask.0;
    match notice {
        Notice::Asked(url) => Event::Asked {
            ask,
            path: fetch.path,
            url: url.into(),
            interface: engine.ways.interface(fetch.path),
            range: fetch
                .fields()
                .iter()
                .find(|(name, _)| *name == http::header::RANGE)
                .map(|(_, value)| text(value)),
        },
        Notice::Connected(address, version) => Event::Connected { ask, address, version },
        Notice::Redirected(status, url) => Event::Redirected { ask, status, url: url.into() },
    }
}
