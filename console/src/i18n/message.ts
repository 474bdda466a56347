/** A text, or its forms by number, named as in Intl.PluralRules. English has `one` and `other`, Russian `few` and `many`, too. */
export type Message = string | { one: string; few?: string; many?: string; other: string };

/** Texts for the same keys: one that is missing or superfluous is an error of types. */
export type Messages<Original> = { [Key in keyof Original]: Message };
