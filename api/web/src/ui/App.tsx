/** The page: top bar, wall of cameras, side panels. */
import { t } from "../i18n"
import { cameras } from "../state/cameras"
import { link } from "../state/service"
import { Banner } from "./Banner"
import { CountsPanel } from "./CountsTable"
import { Detail } from "./Detail"
import { IncidentsPanel } from "./Incidents"
import { Ticker } from "./Ticker"
import { Top } from "./Top"
import { Wall } from "./Wall"

export function App() {
  const some = (cameras.value?.length ?? 0) > 0
  return (
    <div class="page" data-link={link.value.phase}>
      <a class="skip" href="#wall">
        {t("app.skip")}
      </a>
      <Top />
      <Banner />
      <main class={some ? "body" : "body alone"}>
        <section id="wall" aria-label={t("wall.label")} tabIndex={-1}>
          <Wall />
        </section>
        {some && (
          <aside class="side">
            <IncidentsPanel />
            <CountsPanel />
            <Ticker />
          </aside>
        )}
      </main>
      <Detail />
    </div>
  )
}
