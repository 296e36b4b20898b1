/** The top bar: connection, key figures, language and theme. */
import { computed } from "@preact/signals"
import { type Language, language, t } from "../i18n"
import { milliseconds, number } from "../i18n/format"
import { cameras, latencyNow, onlineCount, unwatchedCameras } from "../state/cameras"
import { sum, total } from "../state/counts"
import { openCount } from "../state/incidents"
import { TARGET_MS, verdict } from "../state/latency"
import { nextTheme, theme } from "../state/screen"
import { link } from "../state/service"
import { Icon } from "./Icon"

const crossed = computed(() => sum(cameras.value?.map(camera => total(camera.counts.value)) ?? []))

/** The slowest camera counts: the target holds for each camera. */
const slowestMs = computed(() => {
  const known = cameras.value?.flatMap(camera => latencyNow(camera)?.p95Ms ?? []) ?? []
  return known.length ? Math.max(...known) : null
})

export function Top() {
  return (
    <header class="top">
      <div class="brand">
        <img src="./favicon.svg" alt="" width="22" height="22" />
        <h1>ngatu</h1>
        <Service />
      </div>
      <Figures />
      <div class="controls">
        <Languages />
        <Theme />
      </div>
    </header>
  )
}

function Service() {
  const isBlind = link.value.phase === "live" && onlineCount.value === 0 && unwatchedCameras.value.length > 0
  const phase = isBlind ? "blind" : link.value.phase
  return (
    <p class="service" data-phase={phase} role="status">
      <span class="dot" />
      {t(`service.${phase}`)}
    </p>
  )
}

function Figures() {
  const all = cameras.value?.length ?? 0
  const slowest = slowestMs.value
  return (
    <dl class="figures">
      <div>
        <dt>{t("top.cameras")}</dt>
        <dd data-tone={onlineCount.value < all ? "warn" : undefined}>
          {t("top.camerasOf", { online: number(onlineCount.value), all: number(all) })}
        </dd>
      </div>
      <div>
        <dt>{t("top.vehicles")}</dt>
        <dd>{number(crossed.value.in + crossed.value.out)}</dd>
      </div>
      <div>
        <dt>{t("top.incidents")}</dt>
        <dd data-tone={openCount.value ? "bad" : undefined}>
          <a href="#incidents" aria-label={t("top.incidentsOpen", { n: number(openCount.value) })}>
            {number(openCount.value)}
          </a>
        </dd>
      </div>
      <div>
        <dt>{t("top.latency")}</dt>
        <dd data-target={slowest === null ? undefined : verdict(slowest)}>
          {slowest === null
            ? t("value.none")
            : t("top.within", { p95: milliseconds(slowest), target: milliseconds(TARGET_MS) })}
        </dd>
      </div>
    </dl>
  )
}

const LANGUAGES: readonly { of: Language; short: string; name: string }[] = [
  { of: "vi", short: "VI", name: "Tiếng Việt" },
  { of: "en", short: "EN", name: "English" },
]

function Languages() {
  return (
    <fieldset class="segmented">
      <legend class="unseen">{t("top.language")}</legend>
      {LANGUAGES.map(({ of, short, name }) => (
        <button
          key={of}
          type="button"
          lang={of}
          title={name}
          aria-label={name}
          aria-pressed={language.value === of}
          onClick={() => {
            language.value = of
          }}
        >
          {short}
        </button>
      ))}
    </fieldset>
  )
}

const THEME_ICON = { auto: "system", light: "sun", dark: "moon" } as const

function Theme() {
  const label = t(`top.theme.${theme.value}`)
  return (
    <button type="button" class="quiet" aria-label={label} title={label} onClick={nextTheme}>
      <Icon name={THEME_ICON[theme.value]} />
    </button>
  )
}
