#!/usr/bin/perl
# Speaks drivers/PROTOCOL.md and never gets further than a connection. Its other verbs are bad days.
use strict;
use warnings;
use POSIX;
use Socket;

$| = 1;
$SIG{TERM} = sub { POSIX::_exit(0) };

sub answer { my ($id, $result) = @_; print qq({"jsonrpc":"2.0","id":$id,"result":$result}\n) }
sub used { my ($user, $system) = times; $user + $system }
sub event { my ($name, $params) = @_; print qq({"jsonrpc":"2.0","method":"$name","params":$params}\n) }

# A process that its parent has left, in a session of its own, deaf to being asked to end.
sub leave_behind {
  my ($name) = @_;
  pipe(my $begun, my $beginning);
  if (!fork()) {
    POSIX::setsid();
    POSIX::_exit(0) if fork();
    $SIG{TERM} = 'IGNORE';
    $0 = $name;
    close $beginning;
    sleep 600;
  }
  close $beginning;
  readline $begun;
  wait();
}

my %verbs = (
  initialize => sub { '{"name":"container-client","verbs":["login","logout"],"events":["online","error"]}' },
  alive => sub { 'null' },
  logout => sub { 'null' },
  login => sub {
    my ($line) = @_;
    my ($host) = $line =~ /"host":"([^"]+)"/;
    my ($port) = $line =~ /"port":(\d+)/;
    socket(my $socket, PF_INET, SOCK_STREAM, 0);
    my $fault = connect($socket, pack_sockaddr_in($port, inet_aton($host))) ? 'it speaks no XMPP' : "$!";
    event('error', qq({"message":"$fault"}));
    close $socket;
    'null';
  },
  fork => sub { leave_behind("left-behind-$_") for 1 .. 3; 'null' },
  stubborn => sub { $SIG{TERM} = 'IGNORE'; leave_behind('stubborn'); 'null' },
  eat => sub { my @eaten; push @eaten, 'x' x 50_000_000 while 1 },
  burn => sub { my $end = used() + 0.2; 1 while used() < $end; 'null' },
  environment => sub { '{' . join(',', map { qq("$_":"$ENV{$_}") } qw(ASSAY_CA_FILE SSL_CERT_FILE ASSAY_VARIANT HOME)) . '}' },
  authority => sub {
    open(my $file, '<', $ENV{ASSAY_CA_FILE}) or return 'null';
    chomp(my $first = <$file>);
    return qq("$first");
  },
  litter => sub { open(my $file, '>', "$ENV{HOME}/litter"); close $file; '"' . join(' ', glob '/tmp/*/litter') . '"' },
  processes => sub {
    my @found;
    for my $path (glob '/proc/[0-9]*/cmdline') {
      open(my $file, '<', $path) or next;
      my $command = <$file> // '';
      push @found, $1 if $command =~ /^(left-behind-\d|stubborn)\b/;
    }
    '"' . join(' ', sort @found) . '"';
  },
  resolve => sub {
    my $address = gethostbyname('somewhere.example');
    return defined $address ? '"' . inet_ntoa($address) . '"' : 'null';
  },
);

while (my $line = <STDIN>) {
  my ($id) = $line =~ /"id":(\d+)/ or next;
  my ($verb) = $line =~ /"method":"([^"]+)"/;
  exit 0 if $verb eq 'shutdown';
  if ($verbs{$verb}) { answer($id, $verbs{$verb}->($line)) }
  else { print qq({"jsonrpc":"2.0","id":$id,"error":{"code":-32601,"message":"no"}}\n) }
}
