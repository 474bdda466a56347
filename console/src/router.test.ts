import { expect, test, vi } from "vitest";

vi.stubGlobal("document", { baseURI: "http://store.example/kv/console/", addEventListener: () => undefined });
vi.stubGlobal("location", { pathname: "/kv/console/default", search: "" });
vi.stubGlobal("history", { state: null });

const { fill, href, match, toPair } = await import("./router");

/** Returns where a browser takes an address of the console to. */
function open(address: string) {
  const { pathname, searchParams } = new URL(href(address), "http://store.example");
  return { path: pathname.slice("/kv/console".length), search: searchParams };
}

test.each(["orders/17", "a b?c#d%20", "ключ", "🧨".repeat(128), ".", "..", "-", "a/../b", "%2F", "x".repeat(512)])(
  "the address of the key %j leads to it",
  key => {
    expect(match("/:namespace/:key", open(toPair("default", key)))).toEqual({ namespace: "default", key });
    expect(match("/:namespace", open(toPair("default", key)))?.["key"]).toBeUndefined();
  },
);

test("pages that are no namespace's are told from those that are", () => {
  expect(match("/:namespace/:key", open("/-/look"))).toBeNull();
  expect(match("/-/changes/:namespace", open("/-/changes/team.a"))).toEqual({ namespace: "team.a" });
  expect(match("/", open("/"))).toEqual({});
  expect(match("/:namespace", open("/default/"))).toEqual({ namespace: "default" });
  expect(match("/:namespace", open("/%ff"))).toBeNull();
  expect(fill("/-/history/:namespace/:key", { namespace: "default", key: "a/b" })).toBe("/-/history/default/a%2Fb");
});
