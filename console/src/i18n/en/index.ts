import { administer } from "./administer";
import { browse } from "./browse";
import { look } from "./look";
import { namespaces } from "./namespaces";
import { overview } from "./overview";
import { shell } from "./shell";
import { ui } from "./ui";

/** All texts. Each group of pages has a file of its own, here and for every other language. */
export const en = { ...shell, ...ui, ...overview, ...namespaces, ...browse, ...look, ...administer };
