import { useState } from "preact/hooks";

import { t } from "../../../i18n";
import { useSession } from "../../../session";
import { Button, Field } from "../../../ui";
import { SessionList } from "../common/session-list";
import "../administer.css";

/** The sessions of a user: at first one's own. */
export default function Sessions() {
  const { account } = useSession();
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState("");
  const username = chosen || account.username;
  return (
    <div class="page administer">
      <h1>{t("sessions.title")}</h1>
      <form
        class="filters"
        onSubmit={event => {
          event.preventDefault();
          setChosen(typed);
        }}
      >
        <Field
          label={t("sessions.user")}
          value={typed}
          onValue={value => setTyped(value.trim())}
          placeholder={account.username}
          spellcheck={false}
          autocomplete="off"
        />
        <Button type="submit" kind="primary" icon="search">
          {t("sessions.show")}
        </Button>
      </form>
      <div class="card">
        <div class="head">
          <h2 class="foreign">{t("sessions.of", { name: username })}</h2>
        </div>
        <div class="body">{username !== "" && <SessionList key={username} username={username} />}</div>
      </div>
      <p class="soft">{t("sessions.hint")}</p>
    </div>
  );
}
