"""An Ask in which the model may call tools: each call is made, and the model is asked again with its results."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import Any, Protocol

from chatbot.core import events
from chatbot.core.calls.arguments import ArgumentsFault, fitting
from chatbot.core.calls.bounded import bounded
from chatbot.core.calls.loop import MAX_STEPS, MakeCalls, next_action, whole
from chatbot.core.errors import Cancelled, ChatError, StepsUsedUp, UsageError
from chatbot.core.events import Event, Finished, Verdict
from chatbot.core.messages import Conversation
from chatbot.core.options import Options
from chatbot.core.tools.calling import MAX_RESULT_BYTES, Approve, Tool, ToolCall, ToolOutput, ToolResult
from chatbot.records import NamedTuple
from chatbot.session import Ask, Sleep

MOST_AT_ONCE = 8


class SideBySide(Protocol):
    def __call__(
        self, works: Sequence[Iterator[tuple[int, events.ToolFinished]]]
    ) -> Iterator[tuple[int, tuple[int, events.ToolFinished] | BaseException]]:
        """What each of the works yields, as it comes; see chatbot.outside.background."""
        ...


class Agent(NamedTuple):
    """Around a session, or what has its shape. `clock` gives seconds; `stopped` is handed to each tool. `redact` takes
    keys out of what a tool says, before the model or anybody else gets it.

    `next_step` is called before the model is asked again, with all that the steps before took, and may raise ChatError:
    that is the end. `started` is called
    with the number of calls that have started so far, before any of them is made: whoever keeps them has them then.
    """

    model: Ask
    tools: Sequence[Tool]
    approve: Approve
    side_by_side: SideBySide
    clock: Callable[[], float]
    stopped: Callable[[], bool] = lambda: False
    max_steps: int = MAX_STEPS
    redact: Callable[[str], str] = str
    next_step: Callable[[Conversation, Options, Finished], None] = lambda conversation, options, so_far: None
    started: Callable[[int], None] = lambda count: None

    def ask(self, conversation: Conversation, options: Options, sleep: Sleep) -> Iterator[Event]:
        """See chatbot.session.Ask. Each step but the last one ends in StepFinished."""
        options = options._replace(tools=tuple(tool.definition for tool in self.tools))
        steps: list[Finished] = []
        started = 0
        while True:
            action = next_action(conversation.messages, len(steps), self.max_steps)
            if isinstance(action, MakeCalls):
                made = yield from self._made(action.calls, started)
                started += made.started
                conversation = conversation.told(made.results)
                continue
            if action == "give up":
                error = StepsUsedUp(
                    f"the model wants to go on after {self.max_steps} step{'s' * (self.max_steps > 1)}",
                    advice="Allow more with --max-steps, or let it go on: chat -c, with the same tools.",
                )
                yield whole(steps)._replace(verdict=Verdict.FAILED, error=error)
                return
            sleep(0.0)
            if steps and (stop := self._stopped_before(conversation, options, whole(steps))):
                yield whole([*steps, stop])
                return
            answer = yield from self._answered(conversation, options, sleep)
            steps.append(answer.finished)
            if not answer.calls or answer.finished.verdict is not Verdict.COMPLETE:
                yield whole(steps)
                return
            yield events.StepFinished(answer.finished, answer.calls)
            conversation = conversation.answered(answer.text, answer.finished.items, answer.calls)

    def _stopped_before(self, conversation: Conversation, options: Options, so_far: Finished) -> Finished | None:
        """The end, where the model is not to be asked again."""
        try:
            self.next_step(conversation, options, so_far)
        except Cancelled:
            raise
        except ChatError as error:
            return Finished(Verdict.FAILED, error=error, attempts=0, model=options.model)
        return None

    def _answered(self, conversation: Conversation, options: Options, sleep: Sleep) -> Generator[Event, None, _Step]:
        texts, calls = list[str](), list[ToolCall]()
        finished: Finished | None = None
        for event in self.model(conversation, options, sleep):  # to its end: the connection is used again
            if type(event) is Finished:
                finished = event
                continue
            if type(event) is events.TextDelta:
                texts.append(event.text)
            elif type(event) is events.ToolCalled:
                calls.append(event.call)
            yield event
        if finished is None:
            raise Cancelled("stopped")
        return _Step("".join(texts), tuple(calls), finished)

    def _made(self, calls: Sequence[ToolCall], before: int) -> Generator[Event, None, _Made]:
        """Makes the calls side by side; their results are in the order of the calls."""
        results: dict[int, ToolResult] = {}
        ready: deque[_Ready] = deque()
        for number, call in enumerate(calls):
            prepared = self._prepared(number, call)
            if isinstance(prepared, _Ready):
                ready.append(prepared)
            else:
                results[number] = prepared
                yield events.ToolFinished(prepared, 0.0)
        count = len(ready)
        yield from (events.ToolStarted(each.call) for each in ready)
        if count:
            self.started(before + count)
        for _, made in self.side_by_side([self._worker(ready) for _ in range(min(MOST_AT_ONCE, count))]):
            if isinstance(made, tuple):
                number, finished = made
                results[number] = finished.result
                yield finished
            elif not isinstance(made, Cancelled):
                raise made
        return _Made(tuple(result for _, result in sorted(results.items())), count)

    def _prepared(self, number: int, call: ToolCall) -> _Ready | ToolResult:
        """The call, ready to be made, or why it is not."""
        tool = next((tool for tool in self.tools if tool.definition.name == call.name), None)
        if tool is None:
            names = ", ".join(tool.definition.name for tool in self.tools)
            return _failed(call, f"there is no tool {call.name!r}; there are: {names}")
        try:
            arguments = fitting(call.arguments, tool.definition.parameters)
            approval = self.approve(call, tool)
            if not approval.is_given:
                return _failed(call, approval.reason or "the person does not want this call")
            if approval.arguments is None or approval.arguments == call.arguments:
                return _Ready(number, call, tool, arguments)
            changed = call._replace(arguments=approval.arguments)
            arguments = fitting(changed.arguments, tool.definition.parameters)
            return _Ready(number, changed, tool, arguments, is_changed=True)
        except (ArgumentsFault, UsageError) as fault:
            return _failed(call, str(fault))

    def _worker(self, ready: deque[_Ready]) -> Iterator[tuple[int, events.ToolFinished]]:
        """Makes one call after the other, until none is left."""
        while ready and not self.stopped():
            try:
                each = ready.popleft()  # another worker may have taken the last one
            except IndexError:
                return
            began_s = self.clock()
            result = self._result(each)
            yield each.number, events.ToolFinished(result, self.clock() - began_s)

    def _result(self, each: _Ready) -> ToolResult:
        try:
            output = each.tool.run(each.arguments, self.stopped)
        except Exception as fault:  # a tool that fails is not the end
            output = ToolOutput(f"the tool failed: {type(fault).__name__}: {fault}", is_error=True)
        text = self.redact(bounded(output.text, MAX_RESULT_BYTES))
        if each.is_changed:
            text = f"(the person had it called with these arguments: {each.call.arguments})\n{text}"
        return ToolResult(each.call.id, each.call.name, text, output.is_error)


class _Step(NamedTuple):
    text: str
    calls: tuple[ToolCall, ...]
    finished: Finished


class _Made(NamedTuple):
    results: tuple[ToolResult, ...]
    started: int


class _Ready(NamedTuple):
    number: int
    call: ToolCall
    tool: Tool
    arguments: Mapping[str, Any]
    is_changed: bool = False


def _failed(call: ToolCall, why: str) -> ToolResult:
    return ToolResult(call.id, call.name, bounded(why), is_error=True)
