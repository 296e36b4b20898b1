import "./styles/tokens.css"
import "./styles/base.css"
import "./styles/page.css"
import "./styles/tile.css"
import "./styles/panels.css"
import "./styles/traffic.css"
import "./styles/incidents.css"
import "./styles/detail.css"
import { render } from "preact"
import { followScreen } from "./state/screen"
import { runLink } from "./state/service"
import { App } from "./ui/App"

const page = document.getElementById("page")
if (page) {
  followScreen()
  render(<App />, page)
  void runLink(new AbortController().signal)
}
