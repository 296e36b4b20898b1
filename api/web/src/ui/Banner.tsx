/** Warns that the service is away, with the age of the page and the time of the next attempt. */
import { t } from "../i18n"
import { age, number } from "../i18n/format"
import { cameras } from "../state/cameras"
import { ageMs, tick } from "../state/now"
import { link, retryNow } from "../state/service"

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
      <button type="button" onClick={retryNow}>
        {t("banner.retry")}
      </button>
    </div>
  )
}
