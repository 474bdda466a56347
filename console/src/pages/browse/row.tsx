import { Component } from "preact";

import type { Child } from "../../api/pairs";
import { formatRelative, formatTime, t } from "../../i18n";
import { href, toPair } from "../../router";
import { Foreign, Icon } from "../../ui";
import { toLevel } from "./crumbs";
import { nameOf } from "./use-listing";

interface Props {
  /** What the ids of the rows of this list begin with. */
  list: string;
  namespace: string;
  child: Child;
  index: number;
  /** What all rows of this level begin with: it is not repeated. */
  hidden: number;
  isActive: boolean;
  isChosen: boolean;
  onChoose: (index: number, isRange: boolean) => void;
  onOpen: (prefix: string) => void;
}

/** A row of the list of keys: a pair, or all pairs below a prefix. It is rendered anew where one of its properties is another. */
export class Row extends Component<Props> {
  override shouldComponentUpdate(next: Props): boolean {
    return (Object.keys(next) as (keyof Props)[]).some(name => next[name] !== this.props[name]);
  }

  override render({ list, namespace, child, index, hidden, isActive, isChosen, onChoose, onOpen }: Props) {
    const name = nameOf(child);
    const isBranch = "prefix" in child;
    const link = isBranch ? href(toLevel(namespace, name)) : href(toPair(namespace, name));
    const expiry = isBranch ? null : child.expires_at;
    return (
      <div
        id={`${list}-${index}`}
        class="key-row"
        role="row"
        aria-rowindex={index + 1}
        aria-selected={isChosen}
        data-active={isActive}
      >
        <span role="gridcell" class="check">
          <input
            type="checkbox"
            tabIndex={-1}
            checked={isChosen}
            aria-label={t("browse.choose", { key: name })}
            onClick={event => onChoose(index, event.shiftKey)}
          />
        </span>
        <span role="gridcell" class="name">
          <Icon name={isBranch ? "folder" : "file"} />
          <a
            class="foreign one-line mono"
            href={link}
            tabIndex={-1}
            title={name.length > 60 ? name.slice(0, 600) : undefined}
            onClick={event => {
              if (isBranch && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
                event.preventDefault();
                onOpen(name);
              }
            }}
          >
            <Foreign text={name.slice(hidden) || name} />
          </a>
        </span>
        {!isBranch && (
          <>
            <span role="gridcell" class="small faint expiry" title={expiry ? formatTime(expiry) : undefined}>
              {expiry && (
                <>
                  <Icon name="clock" /> {formatRelative(expiry)}
                </>
              )}
            </span>
            <span role="gridcell" class="small faint number version">
              {t("browse.version", { version: String(child.version) })}
            </span>
            <span role="gridcell" class="small faint number mono revision">
              {child.revision}
            </span>
          </>
        )}
      </div>
    );
  }
}
