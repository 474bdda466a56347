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

const forAdministrators = ({ isAdministrator }: Session) => isAdministrator;

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
    path: "/:namespace",
    title: "browse.title",
    icon: "keys",
    group: "store",
    key: "b",
    load: () => import("./browse"),
    offered: ({ can }, namespace) => can("read", namespace, { anything: true }),
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
  {
    path: "/-/transfer/:namespace",
    title: "transfer.title",
    icon: "transfer",
    group: "store",
    key: "t",
    load: () => import("./transfer"),
    offered: ({ can }, namespace) => can("read", namespace, { anything: true }) || can("write", namespace, { anything: true }),
  },
  {
    path: "/-/settings/:namespace",
    title: "namespace.title",
    icon: "settings",
    group: "store",
    key: "n",
    load: () => import("./settings"),
    offered: ({ can }, namespace) => can("admin", namespace),
  },
  {
    path: "/-/history/:namespace/:key",
    title: "history.title",
    icon: "history",
    load: () => import("./history"),
    offered: ({ can }, namespace) => can("read", namespace, { anything: true }),
  },
  {
    path: "/:namespace/:key",
    title: "pair.title",
    icon: "file",
    load: () => import("./pair"),
    offered: ({ can }, namespace) => can("read", namespace, { anything: true }),
  },
  {
    path: "/-/look",
    title: "look.title",
    icon: "chart",
    group: "store",
    key: "l",
    load: () => import("./look"),
    offered: ({ can }) => can("admin", "*"),
  },
  {
    path: "/-/administer/users",
    title: "users.title",
    icon: "user",
    group: "administer",
    key: "u",
    load: () => import("./administer/users"),
    offered: forAdministrators,
  },
  {
    path: "/-/administer/users/:user",
    title: "users.title",
    icon: "user",
    load: () => import("./administer/users/user"),
    offered: forAdministrators,
  },
  {
    path: "/-/administer/groups",
    title: "groups.title",
    icon: "users",
    group: "administer",
    key: "g",
    load: () => import("./administer/groups"),
    offered: forAdministrators,
  },
  {
    path: "/-/administer/groups/:group",
    title: "groups.title",
    icon: "users",
    load: () => import("./administer/groups/group"),
    offered: forAdministrators,
  },
  {
    path: "/-/administer/grants",
    title: "grants.title",
    icon: "shield",
    group: "administer",
    key: "r",
    load: () => import("./administer/grants"),
    offered: forAdministrators,
  },
  {
    path: "/-/administer/access",
    title: "access.title",
    icon: "question",
    group: "administer",
    key: "w",
    load: () => import("./administer/access"),
    offered: forAdministrators,
  },
  {
    path: "/-/administer/clients",
    title: "clients.title",
    icon: "program",
    group: "administer",
    key: "a",
    load: () => import("./administer/clients"),
    offered: forAdministrators,
  },
  {
    path: "/-/administer/policy",
    title: "policy.title",
    icon: "lock",
    group: "administer",
    key: "p",
    load: () => import("./administer/policy"),
    offered: forAdministrators,
  },
  {
    path: "/-/administer/sessions",
    title: "sessions.title",
    icon: "device",
    group: "administer",
    key: "s",
    load: () => import("./administer/sessions"),
    offered: forAdministrators,
  },
  {
    path: "/-/administer/keys",
    title: "keys.title",
    icon: "key",
    group: "administer",
    key: "k",
    load: () => import("./administer/keys"),
    offered: forAdministrators,
  },
  {
    path: "/-/administer/events",
    title: "events.title",
    icon: "list",
    group: "administer",
    key: "e",
    load: () => import("./administer/events"),
    offered: forAdministrators,
  },
];
