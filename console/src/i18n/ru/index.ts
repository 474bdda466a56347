import type { en } from "../en";
import type { Messages } from "../message";
import { administer } from "./administer";
import { browse } from "./browse";
import { look } from "./look";
import { namespaces } from "./namespaces";
import { overview } from "./overview";
import { shell } from "./shell";
import { ui } from "./ui";

export const ru: Messages<typeof en> = { ...shell, ...ui, ...overview, ...namespaces, ...browse, ...look, ...administer };
