// `hptscope recording DIR`: writes the hptscope.json of a folder from what its files and the options tell.

import { nodeDecompressors } from '../platform/node/decoders';
import { nodeFiles } from '../platform/node/files';
import { listFiles } from '../platform/node/listFiles';
import { writeFilePieces } from '../platform/node/output';
import { createRecording, type Question } from '../trace/create/createRecording';
import { mostFiles, surveyFiles } from '../trace/create/survey';
import { formatProblem } from '../trace/problem';
import { readRecordingFile, recordingFileName } from '../trace/recordingFile';
import { writeRecording } from '../trace/writeRecording';
import { type Command, EXIT_GOOD, EXIT_TROUBLE } from './command';
import { recordingOptions } from './recordingAnswers';

export const recordingCommand: Command = {
  name: 'recording',
  usage:
    'recording DIR [--kernel K] [--cpu C] [--host-page-size S] [--vm TGID] [--hpt ORDER[:HOW][@AT]]… [--no-hpt] ' +
    '[--memslot SLOT:GPA:SIZE:HVA[:log][@FROM[..TO]]]… [--no-memslots] [--dump-mark WORDS] [--dump FILE@AT]… [--leave-out FILE]… [--trace FILE]… [--force]',
  summary: 'writes the hptscope.json of a folder with traces and dumps',
  async run(args, surroundings) {
    const { folder, answers, traces, force } = recordingOptions(args);
    const services = { files: nodeFiles(folder), decompressors: nodeDecompressors };
    const files = (await listFiles(folder, mostFiles)).filter((name) => answers.leaveOut?.has(name) !== true);
    const survey = await surveyFiles(files, services, traces);
    for (const problem of survey.problems) surroundings.problem(formatProblem(problem));
    const created = createRecording(survey, answers);
    if ('questions' in created) {
      for (const why of created.refused) surroundings.problem(why);
      for (const question of created.questions) surroundings.problem(questionText(question));
      return EXIT_TROUBLE;
    }
    const text = writeRecording(created.recording);
    const wrong = readRecordingFile(text, recordingFileName).problems;
    for (const problem of wrong) surroundings.problem(formatProblem(problem));
    if (wrong.length > 0) return EXIT_TROUBLE;
    await writeFilePieces(`${folder}/${recordingFileName}`, [text], { input: folder, overwrite: force });
    for (const note of created.notes) surroundings.out(note);
    const { dumps, memslots } = created.recording;
    const counts = `traces ${created.recording.traces.length}, dumps ${dumps.length}, memslots ${memslots.length}`;
    surroundings.out(`${folder}/${recordingFileName}: ${counts}, facts ${survey.facts ?? 'none'}`);
    return EXIT_GOOD;
  },
};

/** What has to be told, with the option that tells it. */
function questionText(question: Question): string {
  switch (question.topic) {
    case 'kernel':
      return `the kernel is not told: --kernel ${question.choices.join('|')}`;
    case 'cpu':
      return `the processor is not told (${question.why}): --cpu ${question.choices.join('|')}`;
    case 'hostPageSize':
      return 'the page size of the host is not told: --host-page-size 4K|64K';
    case 'vm':
      return `several processes run vCPUs; the one that the recording is about: --vm ${question.choices.join('|')}`;
    case 'traces':
      return `several traces hold different events; those of the recording: ${question.choices.map((name) => `--trace ${name}`).join(' ')}`;
    case 'hpt':
      return (
        `the size of the table is not told (order ${question.leastOrder} or more, by the dumps): ` +
        '--hpt ORDER[:allocate|resize|reset][@AT] for each, or --no-hpt'
      );
    case 'memslots': {
      const bases = question.bases.map(({ gfn, logDirty }) => `0x${gfn.toString(16)}${logDirty ? ' (logged)' : ''}`);
      const seen =
        bases.length === 0 ? '' : `; faults show memslots that begin at the guest frames ${bases.join(', ')}`;
      return `the memslots are not told${seen}: --memslot SLOT:GPA:SIZE:HVA[:log][@FROM[..TO]] for each, or --no-memslots`;
    }
    case 'dumpMark': {
      const choices = question.choices.map(
        ({ shape, marks }) => `\n  --dump-mark ${JSON.stringify(shape)}   (names ${marks.size} of ${question.dumps})`,
      );
      return `the marks before the dumps can be understood in several ways, or name only some:${choices.join('')}`;
    }
    case 'dumpAt': {
      const some = question.files.slice(0, 5).map((name) => `\n  --dump ${name}@AT or --leave-out ${name}`);
      const more = question.files.length > 5 ? `\n  and ${question.files.length - 5} more` : '';
      return `no mark names these dumps; when were they taken (AT is SECONDS or mark:TEXT)?${some.join('')}${more}`;
    }
  }
}
