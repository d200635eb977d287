/** `npm run bench -- ...`: installs and builds what is missing, then runs a benchmark. */
import { join } from 'node:path'
import { prepare, projectDir } from './prepare.js'
import { become } from './run-command.js'

prepare({ projects: ['.', 'bench'] })
become(process.execPath, [join(projectDir, 'bench', 'dist', 'main.js'), ...process.argv.slice(2)])
