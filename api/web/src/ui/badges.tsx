/** Badges of a camera: its state, and its latency against the target. */
import { t } from "../i18n"
import { milliseconds, since } from "../i18n/format"
import { type CameraModel, latencyNow } from "../state/cameras"
import { TARGET_MS, verdict } from "../state/latency"
import { Icon } from "./Icon"
import { stateText, tone } from "./labels"

export function StateBadge({ camera }: { camera: CameraModel }) {
  const health = camera.health.value
  const { label, why } = stateText(health.state)
  const from = health.since ? t("state.since", { time: since(health.since) }) : ""
  return (
    <span
      class="badge"
      data-tone={tone(health.state)}
      title={[why, health.reason, from].filter(Boolean).join(" ")}
    >
      <span class="dot" />
      {label}
    </span>
  )
}

const ICONS = { met: "check", late: "late", missed: "broken" } as const

export function LatencyBadge({ camera }: { camera: CameraModel }) {
  const latency = latencyNow(camera)
  if (!latency) return null
  const result = verdict(latency.p95Ms)
  const hint = t("latency.hint", { p95: milliseconds(latency.p95Ms), target: milliseconds(TARGET_MS) })
  return (
    <span class="latency" data-target={result} title={hint}>
      <Icon name={ICONS[result]} />
      {milliseconds(latency.p95Ms)}
      <span class="unseen">{`${t(`latency.${result}`)}. ${hint}`}</span>
    </span>
  )
}
