module assay.test/stdio

go 1.26
