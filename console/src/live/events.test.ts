import { expect, test } from "vitest";

import { readEvents } from "./events";

function stream(...parts: string[]): ReadableStream<Uint8Array> {
  return new Blob(parts).stream().pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        for (const byte of chunk) {
          controller.enqueue(Uint8Array.of(byte)); // cut wherever a network may cut
        }
      },
    }),
  );
}

test("events are read as they were sent, however they are cut", async () => {
  const text =
    'retry: 1000\n: nothing new\nid: 7\n\nid: 8\nevent: written\ndata: {"key":"ключ",\ndata:"value":1}\n\nevent: ended\ndata: x\n\nid: 9';
  const events = [];
  for await (const event of readEvents(stream(text))) {
    events.push(event);
  }
  expect(events).toEqual([
    { id: "7", event: "", data: "" },
    { id: "8", event: "written", data: '{"key":"ключ",\n"value":1}' },
    { id: "", event: "ended", data: "x" },
  ]);
});
