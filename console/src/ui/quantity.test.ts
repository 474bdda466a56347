import { expect, test } from "vitest";

import { parseSize, parseTime, writeSize, writeTime } from "./quantity";

test("sizes and times are read with their units, and without", () => {
  expect(["64 MiB", "1.5kib", "10", "0", "ten", "5 parsecs", "-1", ""].map(parseSize)).toEqual([
    64 * 1024 ** 2,
    1536,
    10,
    0,
    null,
    null,
    null,
    null,
  ]);
  expect(["12 h", "90", "0,5 s", "2 d", "3 min", "3 KiB"].map(parseTime)).toEqual([43200, 90, 0.5, 172800, 180, null]);
});

test("what is written is read as the same", () => {
  expect([64 * 1024 ** 2, 1000, 0].map(writeSize)).toEqual(["64 MiB", "1000 B", "0 B"]);
  expect([86400, 5400, 0.5].map(writeTime)).toEqual(["1 d", "90 min", "0.5 s"]);
  expect([1, 1023, 1024, 5 * 1024 ** 3].map(bytes => parseSize(writeSize(bytes)))).toEqual([1, 1023, 1024, 5 * 1024 ** 3]);
});
