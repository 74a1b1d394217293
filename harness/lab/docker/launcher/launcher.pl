# The first process of a container in which a client is under test: starts its drivers, one a probe, and passes their
# bytes on. It is spoken to in frames over its standard input and output (frames.ts): one letter, the probe's number and
# the payload's length, each four bytes in network order, then the payload. When its input ends it goes, and everything
# in the container with it.
#
#   to it     S command, arguments, "" and variables, parted by NUL   starts a driver
#             I bytes for its standard input    E end of its input    T asks it to end (SIGTERM)    K ends it
#             C asks for the processor time of it and its children
#             W path NUL content   writes a file     A name   looks a host's name up
#             Q answers a question of that number, both as RFC 1035 has them; without an answer there is no such name
#   from it   H it is there    O standard output    R standard error    X how a driver ended: nothing of it is left
#             C nanoseconds    A address    W "" or what is wrong    Q a question that came to the name server
use strict;
use warnings;
use Errno qw(EAGAIN EINTR);
use POSIX qw(:sys_wait_h);
use Socket qw(inet_ntoa sockaddr_in INADDR_LOOPBACK MSG_DONTWAIT PF_INET SOCK_DGRAM);

use constant PIECE => 65536;

# System calls that the smallest perl of Debian (it has no Time::HiRes) can make by their numbers alone.
my $machine = (POSIX::uname())[4];
my $clock_gettime = { x86_64 => 228, aarch64 => 113, riscv64 => 113, s390x => 260, ppc64le => 246 }->{$machine};
my $prctl = { x86_64 => 157, aarch64 => 167, riscv64 => 167, s390x => 172, ppc64le => 171 }->{$machine};

my %probes;    # number => what is known of it
my %questions; # number => a question for the name server, and who asked
my $asked = 0;
my $received = '';
my $said_by_kernel = 0;

# The name server of 127.0.0.1: what it is asked the tester answers.
my $names;
undef $names if !socket($names, PF_INET, SOCK_DGRAM, 0) || !bind($names, sockaddr_in(53, INADDR_LOOPBACK));

$SIG{PIPE} = 'IGNORE';
$SIG{TERM} = $SIG{INT} = sub { POSIX::_exit(0) };

# Everything that a dead supervisor's children might leave comes to us: nothing may stay a zombie.
sub reap { 1 while waitpid(-1, WNOHANG) > 0 }

sub tell_all {
  my ($bytes) = @_;
  my $at = 0;
  while ($at < length $bytes) {
    my $wrote = syswrite(STDOUT, $bytes, length($bytes) - $at, $at);
    if (defined $wrote) { $at += $wrote }
    elsif ($! != EINTR) { POSIX::_exit(0) }
  }
}

sub frame {
  my ($kind, $number, $payload) = @_;
  tell_all(pack('aNN', $kind, $number, length $payload) . $payload);
}

# Parents of all processes: pid => parent.
sub parents {
  my %parent;
  opendir(my $proc, '/proc') or return %parent;
  for my $pid (grep { /^\d+$/ } readdir $proc) {
    open(my $file, '<', "/proc/$pid/stat") or next;
    my $stat = <$file> // next;
    # The name in parentheses may hold anything.
    $parent{$pid} = $1 if substr($stat, rindex($stat, ')')) =~ /^\) \S (\d+)/;
  }
  return %parent;
}

# Everything that descends from a process, without it.
sub descendants {
  my ($root) = @_;
  my %parent = parents();
  my %children;
  push @{ $children{ $parent{$_} } }, $_ for keys %parent;
  my @found;
  my @left = @{ $children{$root} // [] };
  while (defined(my $pid = shift @left)) {
    push @found, $pid;
    push @left, @{ $children{$pid} // [] };
  }
  return @found;
}

# How many processes the kernel has ended because the container's memory was used up.
sub memory_kills {
  for my $path ('/sys/fs/cgroup/memory.events', '/sys/fs/cgroup/memory/memory.oom_control') {
    open(my $file, '<', $path) or next;
    for my $line (<$file>) { return $1 if $line =~ /^oom_kill (\d+)/ }
  }
  return 0;
}

# The supervisor of one driver: whatever the driver leaves behind becomes its child, so that it knows what to end.
sub supervise {
  my ($report, $number, $streams, $command, $variables) = @_;
  syscall($prctl, 36, 1, 0, 0, 0) if $prctl; # PR_SET_CHILD_SUBREAPER
  my $scratch = "/tmp/assay-probe-$number";
  mkdir $scratch, 0700;

  my $driver = fork();
  if (!defined $driver) {
    syswrite($report, "failed $!\n");
    POSIX::_exit(1);
  }
  if ($driver == 0) {
    POSIX::setsid();
    POSIX::dup2(fileno($streams->[$_]), $_) for 0 .. 2;
    $SIG{$_} = 'DEFAULT' for qw(PIPE TERM INT);
    chdir $scratch;
    @ENV{qw(HOME TMPDIR)} = ($scratch, $scratch);
    for (@$variables) { $ENV{$1} = $2 if /^([^=]+)=(.*)$/s }
    no warnings 'exec';
    exec { $command->[0] } @$command;
    print STDERR "$command->[0] cannot be started: $!\n";
    POSIX::_exit(127);
  }
  syswrite($report, "pid $driver\n");
  close $_ for @$streams;
  close STDIN;

  my $status = 0;
  while ((my $pid = waitpid(-1, 0)) > 0) {
    next if $pid != $driver;
    $status = $?;
    last;
  }
  # What it started and did not end goes now: first all are told, then all are waited for.
  for (my $rounds = 0; waitpid(-1, WNOHANG) != -1; $rounds++) {
    POSIX::_exit(1) if $rounds > 1000;
    my @left = descendants($$);
    kill 'KILL', @left if @left;
    waitpid(-1, 0);
  }
  chdir '/';
  rmdir $scratch or system('rm', '-rf', '--', $scratch);
  syswrite($report, 'ended ' . ($status >> 8) . ' ' . ($status & 127) . "\n");
  POSIX::_exit(0);
}

sub start {
  my ($number, $payload) = @_;
  my @words = split /\0/, $payload, -1;
  my @command;
  while (@words && $words[0] ne '') { push @command, shift @words }
  shift @words;
  my $probe = { input => '', report => '', open => 0 };
  my (@theirs, @ours);
  for my $name (qw(in out err control)) {
    pipe(my $read, my $write) or return frame('X', $number, "failed $!");
    my ($mine, $other) = $name eq 'in' ? ($write, $read) : ($read, $write);
    $mine->blocking(0);
    $probe->{$name} = $mine;
    push @theirs, $other;
    push @ours, $mine;
  }
  my $control = pop @theirs;
  my $supervisor = fork();
  return frame('X', $number, "failed $!") if !defined $supervisor;
  if ($supervisor == 0) {
    # It must hold nobody else's ends open.
    close $_ for grep { defined } $names, @ours, map { grep { defined } @{$_}{qw(in out err control)} } values %probes;
    open(STDIN, '<', '/dev/null');
    open(STDOUT, '>', '/dev/null');
    %probes = ();
    supervise($control, $number, \@theirs, \@command, \@words);
  }
  $probe->{supervisor} = $supervisor;
  $probe->{open} = 3;
  $probes{$number} = $probe;
}

sub processor_time {
  my ($probe) = @_;
  my $nanoseconds = 0;
  for my $pid (descendants($probe->{supervisor})) {
    # clock_getcpuclockid(3): the clock of a whole process is told by its number.
    my $time = "\0" x 16;
    next if !$clock_gettime || syscall($clock_gettime, (~($pid + 0) << 3) | 2, $time) != 0;
    my ($seconds, $rest) = unpack 'q2', $time;
    $nanoseconds += $seconds * 1_000_000_000 + $rest;
  }
  return $nanoseconds;
}

sub obey {
  my ($kind, $number, $payload) = @_;
  if ($kind eq 'S') { return start($number, $payload) }
  if ($kind eq 'A') {
    my $address = gethostbyname($payload);
    return frame('A', $number, defined $address ? inet_ntoa($address) : '');
  }
  if ($kind eq 'W') {
    my ($path, $content) = split /\0/, $payload, 2;
    my $folder = '';
    for ($path =~ m{[^/]+(?=/)}g) { mkdir($folder .= "/$_") }
    # In place: the engine mounts /etc/resolv.conf and /etc/hosts.
    if (open(my $file, '>', $path)) {
      print $file $content;
      return frame('W', $number, close($file) ? '' : "$path: $!");
    }
    return frame('W', $number, "$path: $!");
  }
  if ($kind eq 'Q') { return answer($number, $payload) }
  my $probe = $probes{$number};
  if ($kind eq 'C') { return frame('C', $number, $probe ? processor_time($probe) : 0) }
  return if !$probe;
  if ($kind eq 'I') { $probe->{input} .= $payload if $probe->{in} }
  elsif ($kind eq 'E') { $probe->{ending} = 1 }
  elsif ($kind eq 'T' || $kind eq 'K') { $probe->{$kind} = 1; end_driver($probe) }
}

# Also called when the driver's number becomes known: it may be asked to end before it has begun.
sub end_driver {
  my ($probe) = @_;
  my $pid = $probe->{pid};
  return if !$pid || defined $probe->{ended};
  # The supervisor sees to what the driver started.
  if ($probe->{K}) { kill 'KILL', $pid }
  elsif ($probe->{T}) { kill('TERM', -$pid) or kill('TERM', $pid) }
}

# Its supervisor has said how it ended, and nobody holds its streams any more.
sub settle {
  my ($number, $probe) = @_;
  close $probe->{in} if $probe->{in};
  delete $probes{$number};
  waitpid($probe->{supervisor}, 0);
  my $how = $probe->{ended} // $probe->{failed};
  # Someone ended the supervisor: what the driver left cannot be told from what others left any more.
  POSIX::_exit(70) if !defined $how;
  my $kills = memory_kills();
  $how .= ' memory' if $kills > $said_by_kernel && !$probe->{K};
  $said_by_kernel = $kills;
  frame('X', $number, $how);
}

sub read_from {
  my ($number, $probe, $name) = @_;
  my $count = sysread($probe->{$name}, my $bytes, PIECE);
  return if !defined $count && ($! == EAGAIN || $! == EINTR);
  if ($count) {
    if ($name ne 'control') { return frame($name eq 'out' ? 'O' : 'R', $number, $bytes) }
    $probe->{report} .= $bytes;
    $probe->{ended} = $1 if $probe->{report} =~ /^(ended \d+ \d+)$/m;
    $probe->{failed} = $1 if $probe->{report} =~ /^(failed .*)$/m;
    if (!$probe->{pid} && $probe->{report} =~ /^pid (\d+)$/m) {
      $probe->{pid} = $1;
      end_driver($probe);
    }
    return;
  }
  close delete $probe->{$name};
  settle($number, $probe) if --$probe->{open} == 0;
}

sub feed {
  my ($probe) = @_;
  my $in = $probe->{in} or return;
  if (length $probe->{input}) {
    my $wrote = syswrite($in, $probe->{input}, PIECE);
    if ($wrote) { substr($probe->{input}, 0, $wrote, '') }
    elsif (!defined $wrote && $! != EAGAIN && $! != EINTR) { close delete $probe->{in}; return }
  }
  close delete $probe->{in} if $probe->{ending} && !length $probe->{input};
}

sub hear {
  my $count = sysread(STDIN, $received, PIECE, length $received);
  if (!defined $count) { return if $! == EINTR || $! == EAGAIN; POSIX::_exit(0) }
  POSIX::_exit(0) if $count == 0;
  while (length $received >= 9) {
    my ($kind, $number, $length) = unpack 'aNN', $received;
    last if length $received < 9 + $length;
    my $payload = substr $received, 9, $length;
    substr($received, 0, 9 + $length, '');
    obey($kind, $number, $payload);
    feed($probes{$number}) if $probes{$number} && ($kind eq 'I' || $kind eq 'E');
  }
}

sub ask {
  my $peer = recv($names, my $question, PIECE, MSG_DONTWAIT);
  return if !defined $peer || length $question < 12 || keys %questions > 1000;
  $questions{ ++$asked } = [$peer, $question];
  frame('Q', $asked, $question);
}

sub answer {
  my ($number, $answer) = @_;
  my ($peer, $question) = @{ delete $questions{$number} // return };
  send($names, length $answer ? $answer : no_such_name($question), 0, $peer);
}

# The question, and that there is no such name, from one who looked everywhere (RFC 1035 section 4.1.1).
sub no_such_name {
  my ($message) = @_;
  my ($id, $flags) = unpack 'n2', $message;
  my $end = 12;
  while ($end < length $message) {
    my $label = ord substr $message, $end, 1;
    $end += 1 + $label;
    last if $label == 0;
  }
  return pack('n6', $id, 0x8083 | $flags & 0x7900, 1, 0, 0, 0) . substr($message, 12, $end + 4 - 12);
}

frame('H', 0, '');
while (1) {
  my ($readable, $writable) = ('', '');
  vec($readable, 0, 1) = 1;
  vec($readable, fileno($names), 1) = 1 if $names;
  for my $probe (values %probes) {
    vec($readable, fileno($_), 1) = 1 for grep { defined } @{$probe}{qw(out err control)};
    vec($writable, fileno($probe->{in}), 1) = 1 if $probe->{in} && (length $probe->{input} || $probe->{ending});
  }
  next if select($readable, $writable, undef, undef) < 0;
  for my $number (keys %probes) {
    my $probe = $probes{$number};
    feed($probe) if $probe->{in} && vec($writable, fileno($probe->{in}), 1);
    for my $name (qw(out err control)) {
      read_from($number, $probe, $name) if $probe->{$name} && vec($readable, fileno($probe->{$name}), 1);
    }
  }
  ask() if $names && vec($readable, fileno($names), 1);
  hear() if vec($readable, 0, 1);
  # Orphans of a supervisor that is gone. Supervisors of known probes are waited for by name.
  reap() if !%probes;
}
