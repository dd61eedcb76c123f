/** Names that say nothing about what lies behind them are banned, for files and folders alike. */
import { committedFiles } from './committedFiles.js'
import { report } from './report.js'
import { badNames } from './rules/badNames.js'

report(badNames(committedFiles()))
