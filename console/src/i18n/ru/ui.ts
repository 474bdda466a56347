import type { ui as original } from "../en/ui";
import type { Messages } from "../message";

export const ui: Messages<typeof original> = {
  "ui.cancel": "Отмена",
  "ui.close": "Закрыть",
  "ui.retry": "Повторить",
  "ui.loading": "Загрузка",
  "ui.copy": "Копировать",
  "ui.copied": "Скопировано",
  "ui.more": "Ещё",
  "ui.rare": "Другие настройки",
  "ui.yes": "да",
  "ui.no": "нет",
  "ui.code_points": "Здесь есть знаки, которые не видны как есть: {points}",
  "ui.required": "обязательно",

  "problem.offline.title": "Нет ответа",
  "problem.offline.detail": "Служба не отвечает. На странице то, что прочитано последним; консоль продолжает попытки.",
  "problem.signed_out.title": "Вы вышли",
  "problem.signed_out.detail": "Ваш сеанс закончился. Войдите снова, чтобы продолжить.",
  "problem.unexpected.title": "Произошло непредвиденное",
  "problem.forbidden": "У вас нет права на это. Его может дать тот, кто управляет хранилищем.",
  "problem.forbidden.scope": "Для этого нужно право {scope}, которого у вас нет. Его может дать тот, кто управляет хранилищем.",
  "problem.busy": "У службы больше работы, чем она успевает сделать. Повторите через мгновение.",
  "problem.request": "Запрос {id}",
};
