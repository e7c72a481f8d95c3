// "Reproduce This Moment as a Scenario": the stretch of a trace behind the current moment, as a scenario that does the same in the
// emulator. It opens as a new file, ready to be run, raced and sent.

import * as vscode from 'vscode';
import type { Reproduced } from '../trace/reproduce/reproduce';
import { TraceStatements } from '../trace/traceStatements';
import { languages } from './ids';
import { nameOf, placeOfFile, toldError, watchOfFile } from './load';
import type { Services } from './services';

/** Reproduces the moment at which the open run stands; what stands in the way is told. */
export async function reproduceCurrentMoment(services: Services): Promise<void> {
  const { run, isLive } = services.session;
  if (!(run?.statements instanceof TraceStatements)) {
    void vscode.window.showInformationMessage(vscode.l10n.t('Open a trace or a recording, and go to a moment of it.'));
    return;
  }
  const event = run.statements.eventOf(run.sourceNumber(run.position));
  if (event < 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('There is no event of the trace up to this moment.'));
    return;
  }
  if (isLive) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('A live trace cannot be read again: reproduce the moment from the file that the trace is kept in.'),
    );
    return;
  }
  try {
    const made = await reproduced(event, services);
    if ('why' in made) {
      void vscode.window.showInformationMessage(vscode.l10n.t('This moment cannot be reproduced. {0}', made.why));
      return;
    }
    const document = await vscode.workspace.openTextDocument({ language: languages.scenario, content: made.scenario });
    await vscode.window.showTextDocument(document, { preview: false });
  } catch (error) {
    void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
  }
}

/** The scenario, made with a notification that can cancel it. */
function reproduced(event: number, { session, platform }: Services): Thenable<Reproduced> {
  const program = vscode.Uri.parse(session.origin, true);
  const title = vscode.l10n.t('Reproducing event {0} of {1}', event + 1, nameOf(program));
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  const { machine } = session;
  return vscode.window.withProgress(options, (progress, token) => {
    const watch = watchOfFile(program, {
      get cancelled() {
        return token.isCancellationRequested;
      },
      report: (message) => progress.report({ message }),
    });
    const job = {
      kind: 'reproduce',
      ...placeOfFile(program, platform),
      event,
      ...(machine !== undefined && { vm: machine }),
    } as const;
    return platform.work.run(job, watch).catch((error: unknown) => {
      throw toldError(error, program);
    });
  });
}
