import { describe, expect, test } from "vitest";

import { allowsAnything, allowsKey, allowsNamespace } from "./rights";

describe("grants allow", () => {
  test.each([
    [["read:default"], "read", "default", true],
    [["read:default"], "write", "default", false],
    [["admin:team-*"], "write", "team-orders", true],
    [["admin:team-*"], "write", "teams", false],
    [["read:*"], "read", "anything", true],
    [["read:default/config/*"], "read", "default", false],
    [["openid", "administration"], "read", "default", false],
  ] as const)("%j: %s all of %s: %s", (scopes, action, namespace, expected) => {
    expect(allowsNamespace(scopes, action, namespace)).toBe(expected);
  });

  test.each([
    [["read:default/config/*"], "config/app", true],
    [["read:default/config/*"], "config", false],
    [["read:default/config/app"], "config/app", true],
    [["read:default/config/app"], "config/apple", false],
    [["read:default/%D0%BA%2A*"], "к*люч", true],
    [["write:default/config/*"], "config/app", false],
    [["admin:default"], "config/app", true],
  ] as const)("%j: reading the key %s: %s", (scopes, key, expected) => {
    expect(allowsKey(scopes, "read", "default", key)).toBe(expected);
  });

  test("something in a namespace where they name keys of it", () => {
    expect(allowsAnything(["read:default/a"], "read", "default")).toBe(true);
    expect(allowsAnything(["read:default/a"], "write", "default")).toBe(false);
    expect(allowsAnything(["read:default/a"], "read", "def")).toBe(false);
  });
});
