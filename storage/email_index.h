#ifndef MAILSTROM_STORAGE_EMAIL_INDEX_H_
#define MAILSTROM_STORAGE_EMAIL_INDEX_H_

#include "storage/database.h"
#include "storage/records.h"

namespace mailstrom::storage {

// Adds an email to the indexes from which lists are made.
void PutIntoIndexes(const Email& email, Database::Batch& batch);

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_EMAIL_INDEX_H_
