// The webview of binary files: puts the page together and starts it.

import '@vscode/codicons/dist/codicon.css';
import '../common/common.css';
import './file.css';
import { registerControls } from '../common/controls';
import { FilePage } from './page';

registerControls();
const page = new FilePage();
document.body.append(page.element);
page.start();
