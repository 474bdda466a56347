import type { PageProps } from "..";
import { t } from "../../i18n";
import { useSession } from "../../session";
import { Export } from "./export";
import { Import } from "./import";
import "./transfer.css";

/** Pairs out of a namespace into a file, and back. */
export default function Transfer({ params }: PageProps) {
  const namespace = params["namespace"] ?? "";
  const { can } = useSession();
  return (
    <div class="page transfer" key={namespace}>
      <div class="row wrap">
        <h1>{t("transfer.title")}</h1>
        <span class="badge accent foreign">{namespace}</span>
      </div>
      <div class="halves">
        {can("read", namespace, { anything: true }) && <Export namespace={namespace} />}
        {can("write", namespace, { anything: true }) && <Import namespace={namespace} />}
      </div>
    </div>
  );
}
