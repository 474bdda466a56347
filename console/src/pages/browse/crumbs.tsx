import { t } from "../../i18n";
import { href, toNamespace } from "../../router";
import { Foreign, Icon } from "../../ui";
import "./crumbs.css";

interface Props {
  namespace: string;
  prefix: string;
  onOpen?: (prefix: string) => void;
  /** The key itself, behind the prefix, where the page is about one. */
  last?: string;
}

/** Where in the tree one is, each level a link. */
export function Crumbs({ namespace, prefix, onOpen, last }: Props) {
  const parts = prefix.split(/(?<=\/)/).filter(Boolean);
  const levels = [{ text: namespace, to: "" }, ...parts.map((text, at) => ({ text, to: parts.slice(0, at + 1).join("") }))];
  return (
    <nav class="crumbs" aria-label={t("browse.path")}>
      {levels.map(({ text, to }, at) => (
        <span key={to} class="row">
          {at > 0 && <Icon name="right" />}
          <a
            class="foreign one-line"
            href={href(toLevel(namespace, to))}
            aria-current={last === undefined && at === levels.length - 1 ? "location" : undefined}
            onClick={event => {
              if (onOpen !== undefined && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
                event.preventDefault();
                onOpen(to);
              }
            }}
          >
            <Foreign text={text} />
          </a>
        </span>
      ))}
      {last !== undefined && (
        <span class="row">
          <Icon name="right" />
          <span class="foreign one-line">
            <Foreign text={last} />
          </span>
        </span>
      )}
    </nav>
  );
}

/** Returns the path of a level of the tree. */
export function toLevel(namespace: string, prefix: string): string {
  return toNamespace(namespace) + (prefix === "" ? "" : `?prefix=${encodeURIComponent(prefix)}`);
}
