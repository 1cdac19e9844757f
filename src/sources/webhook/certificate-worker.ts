import { parentPort, workerData } from 'node:worker_threads'
import { type CertificateOrder, makeCertificate } from './make-certificate.ts'

// The thread's data was given by `ownCertificate` with this type. A rejection ends the thread, and is heard there.
parentPort?.postMessage(await makeCertificate(workerData as CertificateOrder))
