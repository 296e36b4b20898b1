/** Says that the service is gone, how old the page is, and when it is tried again. */
import { t } from "../i18n"
import { age, number } from "../i18n/format"
import { cameras } from "../state/cameras"
import { ageMs, tick } from "../state/now"
import { hurry, link } from "../state/service"

export function Banner() {
  const state = link.value
  if (state.phase !== "lost") return null
  const seconds = Math.ceil((state.retryAt - tick.value) / 1000)
  const when = seconds > 0 ? t("banner.inSeconds", { n: number(seconds) }) : t("banner.now")
  const text = cameras.value
    ? t("banner.lost", { age: age(ageMs(state.since)), when })
    : t("banner.lostEmpty", { when })
  return (
    <div class="banner">
      <p>
        <span role="alert">{t("banner.gone")}</span> {text}
      </p>
      <button type="button" onClick={hurry}>
        {t("banner.retry")}
      </button>
    </div>
  )
}
