import { t } from "../i18n";
import { codePoints, findInvisible } from "./invisible";

const MAX_TOLD = 64;

/** A text that somebody else has chosen, such as a key: its direction is its own, and what is invisible in it is named. */
export function Foreign({ text }: { text: string }) {
  const pieces = findInvisible(text);
  const isPlain = pieces.every(({ name }) => name === null);
  return (
    <bdi class="foreign" title={isPlain ? undefined : tell(text)}>
      {isPlain
        ? text
        : pieces.map(({ text: part, name }, position) =>
            name === null ? (
              part
            ) : (
              <span class="invisible" key={position}>
                {name}
              </span>
            ),
          )}
    </bdi>
  );
}

function tell(text: string): string {
  const characters = [...text];
  const told = codePoints(characters.slice(0, MAX_TOLD).join(""));
  return t("ui.code_points", { points: characters.length > MAX_TOLD ? `${told} …` : told });
}
