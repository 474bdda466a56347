/** Server-Sent Events, as the HTML standard parses them (section 9.2.6). */
export interface ServerEvent {
  id: string;
  /** `message` where the service names none; an event without data but with an id is reported, too, as `""`. */
  event: string;
  data: string;
}

/** Yields the events of a stream, until it ends. */
export async function* readEvents(stream: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent, void> {
  const reader = stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) {
        return;
      }
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        yield parse(block);
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function parse(block: string): ServerEvent {
  const event: ServerEvent = { id: "", event: "", data: "" };
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const [name, value] = splitField(line);
    if (name === "data") {
      data.push(value);
    } else if (name === "id" || name === "event") {
      event[name] = value;
    }
  }
  event.data = data.join("\n");
  event.event ||= data.length > 0 ? "message" : "";
  return event;
}

function splitField(line: string): [string, string] {
  const colon = line.indexOf(":");
  return colon < 0 ? [line, ""] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")];
}
