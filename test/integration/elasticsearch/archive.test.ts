import { testedElasticsearch } from '../../support/search-products.ts'
import { testArchive } from '../search/archive.ts'

testArchive(testedElasticsearch, ['sqlite', 'memory'])
