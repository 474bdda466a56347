import type { ComponentType } from "preact";

import type { MessageKey } from "../i18n";
import type { Params } from "../router";
import type { Session } from "../session";
import type { IconName } from "../ui";

export interface PageProps {
  params: Params;
}

export interface Page {
  /** Its place below `/console`: names after a colon are parameters. */
  path: string;
  title: MessageKey;
  icon: IconName;
  load: () => Promise<{ default: ComponentType<PageProps> }>;
  /** Where the navigation has it; a page without a group is reached from others. */
  group?: "store" | "administer";
  /** Keys that lead there, after `g`. */
  key?: string;
  /** Whether a user with this session is offered it. `namespace` is the present one, "" without any. By default, everybody is. */
  offered?: (session: Session, namespace: string) => boolean;
}

/** All pages, in the order of the navigation. The first one whose path matches is shown. */
export const PAGES: Page[] = [
  {
    path: "/",
    title: "overview.title",
    icon: "overview",
    group: "store",
    key: "o",
    load: () => import("./overview"),
  },
  {
    path: "/-/changes/:namespace",
    title: "changes.title",
    icon: "changes",
    group: "store",
    key: "c",
    load: () => import("./changes"),
    offered: ({ can }, namespace) => can("read", namespace),
  },
];
