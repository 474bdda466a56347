import { expect, test } from "vitest";

import { rank } from "./ranking";

test("a beginning ranks above a part, a part above letters, and what has not all letters is left out", () => {
  const texts = ["Key of orders", "orders", "our readers", "Old red desk room", "Overview"];
  const ranked = texts
    .map(text => ({ text, score: rank(text, "order") }))
    .filter(({ score }) => score > 0)
    .sort((one, other) => other.score - one.score);
  expect(ranked.map(({ text }) => text)).toEqual(["orders", "Key of orders", "our readers", "Old red desk room"]);
});
