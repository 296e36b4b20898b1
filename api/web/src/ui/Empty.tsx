/** Shown without cameras: how to add the first one. */
import { t } from "../i18n"
import { folderProblem } from "../state/cameras"

const example = (name: string) => `id: north-gate
name: ${name}
source:
  kind: rtsp
  url: rtsp://\${CAM_USER}:\${CAM_PASSWORD}@192.0.2.10:554/stream1
lines:
  - id: main
    start: [0.1, 0.6]
    end: [0.9, 0.6]
`

export function Empty() {
  return (
    <section class="empty">
      <h2>{t("empty.title")}</h2>
      {folderProblem.value && <p class="problem">{folderProblem.value}</p>}
      <p>{t("empty.lead")}</p>
      <figure>
        <figcaption>{t("empty.file")}</figcaption>
        <pre>{example(t("empty.name"))}</pre>
      </figure>
      <p>{t("empty.check")}</p>
      <pre>ngatu check --connect</pre>
    </section>
  )
}
