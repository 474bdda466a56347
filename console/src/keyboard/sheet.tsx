import { t } from "../i18n";
import { Dialog } from "../ui";
import { Keys } from "./keys";
import { shortcuts, type Shortcut } from "./shortcuts";

/** All shortcuts of the page and of the shell. */
export default function ShortcutSheet({ onClose }: { onClose: () => void }) {
  const all = shortcuts.value;
  const ofPage = all.filter(({ isEverywhere }) => !isEverywhere);
  return (
    <Dialog title={t("shortcuts.title")} onClose={onClose} wide>
      <div class="sheet">
        {ofPage.length > 0 && <Group title={t("shortcuts.group.page")} members={ofPage} />}
        <Group title={t("shortcuts.group.everywhere")} members={all.filter(({ isEverywhere }) => isEverywhere)} />
      </div>
    </Dialog>
  );
}

function Group({ title, members }: { title: string; members: readonly Shortcut[] }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl>
        {members.map(one => (
          <div key={one.keys}>
            <dt>{t(one.title, one.values)}</dt>
            <dd>
              <Keys keys={one.keys} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
