module assay.test/go-xmpp-driver

go 1.26

require (
	assay.test/stdio v0.0.0
	github.com/xmppo/go-xmpp v0.2.10
)

require (
	golang.org/x/crypto v0.32.0 // indirect
	golang.org/x/net v0.34.0 // indirect
)

// Its place in the build context of the image (containers/client-go).
replace assay.test/stdio => ../stdio
