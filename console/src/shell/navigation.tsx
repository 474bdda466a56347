import { t } from "../i18n";
import { fill, href, match, place } from "../router";
import { Icon } from "../ui";
import { presentNamespace } from "./namespaces";
import { offeredPages } from "./offered";

/** The pages that the user is offered, in groups. */
export function Navigation() {
  const namespace = presentNamespace.value;
  const pages = offeredPages(namespace);
  return (
    <nav class="navigation" aria-label={t("shell.navigation")}>
      {(["store", "administer"] as const).map(group => {
        const members = pages.filter(({ page }) => page.group === group);
        return (
          members.length > 0 && (
            <section key={group}>
              <h2>{t(`shell.group.${group}`)}</h2>
              <ul>
                {members.map(({ page, title }) => {
                  const isPresent = match(page.path, place.value) !== null;
                  return (
                    <li key={page.path}>
                      <a href={href(fill(page.path, { namespace }))} aria-current={isPresent ? "page" : undefined}>
                        <Icon name={page.icon} />
                        {title}
                      </a>
                    </li>
                  );
                })}
              </ul>
            </section>
          )
        );
      })}
    </nav>
  );
}
