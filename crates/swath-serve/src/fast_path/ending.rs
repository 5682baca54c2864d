//! How a connection of the fast path ends: as one of the engine's does.

use super::pass::Why;
use crate::connection::{self, Answer, Caller, Context, HEAD_TIMEOUT, Respond, Stage, Stream, linger};
use crate::tally::Tally;

/// Ends a connection on which no answer is under way. `begun` says whether part of a head has come.
pub(super) async fn end<R: Respond>(
    stream: &mut Stream,
    why: Why,
    begun: bool,
    caller: &Caller,
    context: &Context<R>,
) {
    match why {
        Why::Late => refuse(stream, Some(HEAD_TIMEOUT), caller, context).await,
        Why::Ended if begun => refuse(stream, None, caller, context).await,
        Why::Ended | Why::Stopped => close(stream, context).await,
        // An answer on an idle connection would be taken for that to a request which is on its way.
        Why::Idle => linger::part(stream, &context.limits).await,
        Why::Gone => {}
    }
}

async fn refuse<R: Respond>(
    stream: &mut Stream,
    answer: Option<Answer>,
    caller: &Caller,
    context: &Context<R>,
) {
    connection::refuse(stream, answer, &caller.info(Tally::unused()), context).await;
}

/// Ends a connection after its last answer.
pub(super) async fn close<R: Respond>(stream: &mut Stream, context: &Context<R>) {
    tokio::select! {
        () = linger::close(stream, &[], &context.limits) => {}
        () = context.reached(Stage::Cutting) => {}
    }
}
