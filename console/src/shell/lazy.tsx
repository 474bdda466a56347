import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

/** Shows a component once its module is there. */
export function Lazy<Props extends object>({
  load,
  props,
}: {
  load: () => Promise<{ default: ComponentType<Props> }>;
  props: Props;
}) {
  const [View, setView] = useState<ComponentType<Props> | null>(null);
  useEffect(() => {
    void load().then(({ default: loaded }) => setView(() => loaded));
  }, []);
  return View === null ? null : <View {...props} />;
}
