import { expect, test } from "vitest";

import { codePoints, findInvisible } from "./invisible";

const named = (text: string) =>
  findInvisible(text)
    .map(({ text: part, name }) => (name === null ? part : `[${name}]`))
    .join("");

test("what is invisible is named, and what is seen stays", () => {
  expect(named("orders/17")).toBe("orders/17");
  expect(named("user\u202egnp.exe")).toBe("user[U+202E]gnp.exe");
  expect(named("a\u200bb\u0000\u0007")).toBe("a[U+200B]b[U+0000][U+0007]");
  expect(named("a\u00a0b\u{e0041}")).toBe("a[U+00A0]b[U+E0041]");
});

test("spaces are named where nobody would see them", () => {
  expect(named(" a b  c ")).toBe("[·]a b[··]c[·]");
  expect(named("   ")).toBe("[···]");
});

test("joiners are left alone where a script or an emoji needs them", () => {
  expect(named("👩\u200d💻")).toBe("👩\u200d💻");
  expect(named("می\u200cخواهم")).toBe("می\u200cخواهم");
  expect(named("ad\u200dmin\u200c")).toBe("ad[U+200D]min[U+200C]");
});

test("nothing of a text is lost", () => {
  const text = " \u202e a\u200d👩\u200d💻\t\u3000";
  expect(
    findInvisible(text)
      .map(piece => piece.text)
      .join(""),
  ).toBe(text);
  expect(codePoints("a👩")).toBe("U+0061 U+1F469");
});
