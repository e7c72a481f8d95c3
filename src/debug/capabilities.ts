// What the adapter announces: only what works. test/unit/debug/capabilities.test.ts has a test for each.

import type { DebugProtocol } from '@vscode/debugprotocol';
import { EXCEPTION_FILTERS } from './breakpoints';

export const CAPABILITIES: DebugProtocol.Capabilities = {
  supportsConfigurationDoneRequest: true,
  supportsRestartRequest: true,
  supportsRestartFrame: true,
  supportsStepBack: true,
  supportsGotoTargetsRequest: true,
  supportsBreakpointLocationsRequest: true,
  supportsConditionalBreakpoints: true,
  supportsHitConditionalBreakpoints: true,
  supportsLogPoints: true,
  supportsFunctionBreakpoints: true,
  supportsDataBreakpoints: true,
  supportsExceptionFilterOptions: true,
  supportsExceptionInfoRequest: true,
  supportsEvaluateForHovers: true,
  supportsCompletionsRequest: true,
  completionTriggerCharacters: ['.', '(', ' '],
  supportsLoadedSourcesRequest: true,
  supportsReadMemoryRequest: true,
  supportsDelayedStackTraceLoading: true,
  supportsCancelRequest: true,
  exceptionBreakpointFilters: [...EXCEPTION_FILTERS],
};
