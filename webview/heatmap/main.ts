// The heatmap webview: puts the page together and keeps it in step with the extension.

import '@vscode/codicons/dist/codicon.css';
import '../common/common.css';
import './heatmap.css';
import { registerControls } from '../common/controls';
import { HeatmapPage } from './page';

registerControls();
const page = new HeatmapPage();
document.body.append(page.element);
page.start();
