"""What all spans of a service have in common."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.context import Context, attach, detach
from opentelemetry.trace import Span, SpanContext, Status, StatusCode, get_current_span

from shared_kernel.presentation.http.telemetry.request_log import TraceIds


@contextmanager
def within(context: Context) -> Iterator[None]:
    """Make what happens meanwhile, and the tasks that are begun meanwhile, part of a span."""
    token = attach(context)
    try:
        yield
    finally:
        detach(token)


def name_error(span: Span, error: BaseException, *, is_failure: bool = True) -> None:
    """Record the class of an error, never its message: that may have a key or a name in it."""
    span.set_attribute("error.type", type(error).__qualname__)
    if is_failure:
        span.set_status(Status(StatusCode.ERROR))


def find_ids(context: SpanContext) -> TraceIds:
    """Return the ids of a span as they are written."""
    return TraceIds(f"{context.trace_id:032x}", f"{context.span_id:016x}", context.trace_flags.sampled)


def find_current_ids() -> TraceIds | None:
    """Return the ids of the span that the caller is part of, or None."""
    context = get_current_span().get_span_context()
    return find_ids(context) if context.is_valid else None
