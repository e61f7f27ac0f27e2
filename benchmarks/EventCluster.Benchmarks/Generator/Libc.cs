using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace EventCluster.Benchmarks.Generator;

/// <summary>The calls of Linux that the generator makes itself: a runtime's sockets would bring threads of their own.</summary>
internal static unsafe partial class Libc
{
    /// <summary>There is something to read.</summary>
    public const uint Readable = 0x1;

    /// <summary>There is room to write.</summary>
    public const uint Writable = 0x4;

    /// <summary>The connection failed, or the peer is done: reading tells which.</summary>
    public const uint Ended = 0x8 | 0x10 | 0x2000;

    /// <summary>An event is told once, when it comes about.</summary>
    public const uint EdgeTriggered = 1u << 31;

    private const int Add = 1;
    private const int Internet = 2;
    private const int StreamSocket = 1;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const int Tcp = 6;
    private const int NoDelay = 1;
    private const int SocketLevel = 1;
    private const int SocketErrorOption = 4;
    private const int NoSignal = 0x4000;
    private const int TryAgain = 11;
    private const int Interrupted = 4;
    private const int InProgress = 115;

    // The kernel packs its events on x64 only.
    private static readonly int IdAt = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    /// <summary>Bytes of one event.</summary>
    public static int EventBytes => IdAt + sizeof(long);

    /// <summary>A new epoll.</summary>
    public static int NewPoll() => Checked(epoll_create1(CloseOnExec));

    /// <summary>A new descriptor that another thread can make readable.</summary>
    public static int NewEvent() => Checked(eventfd(0, NonBlocking | CloseOnExec));

    /// <summary>Makes it readable.</summary>
    public static void Signal(int descriptor)
    {
        var one = 1UL;
        _ = write(descriptor, &one, sizeof(ulong));
    }

    /// <summary>Makes it unreadable again.</summary>
    public static void Reset(int descriptor)
    {
        var count = 0UL;
        _ = read(descriptor, &count, sizeof(ulong));
    }

    /// <summary>Registers a descriptor.</summary>
    /// <param name="poll">The epoll.</param>
    /// <param name="descriptor">What is watched.</param>
    /// <param name="id">What its events are told with.</param>
    /// <param name="events">What is told.</param>
    public static void Watch(int poll, int descriptor, long id, uint events)
    {
        var registration = stackalloc byte[EventBytes];
        *(uint*)registration = events;
        Unsafe.WriteUnaligned(registration + IdAt, id);
        Checked(epoll_ctl(poll, Add, descriptor, registration));
    }

    /// <summary>Waits for events; returns how many there are.</summary>
    /// <param name="poll">The epoll.</param>
    /// <param name="events">Where they go.</param>
    /// <param name="nanoseconds">How long at most; negative: until something happens.</param>
    public static int Wait(int poll, byte[] events, long nanoseconds)
    {
        var time = new TimeSpec { Seconds = nanoseconds / 1_000_000_000, Nanoseconds = nanoseconds % 1_000_000_000 };
        fixed (byte* first = events)
        {
            var count = epoll_pwait2(poll, first, events.Length / EventBytes, nanoseconds < 0 ? null : &time, null);
            return count >= 0 ? count : Marshal.GetLastPInvokeError() == Interrupted ? 0 : throw Error();
        }
    }

    /// <summary>One of the events that a wait has left.</summary>
    public static (uint Events, long Id) Event(byte[] events, int index)
    {
        var at = events.AsSpan(index * EventBytes, EventBytes);
        return (MemoryMarshal.Read<uint>(at), MemoryMarshal.Read<long>(at[IdAt..]));
    }

    /// <summary>A TCP socket whose connect has begun.</summary>
    public static int BeginConnect(IPEndPoint server)
    {
        if (server.AddressFamily != AddressFamily.InterNetwork)
        {
            throw new NotSupportedException($"The generator speaks IPv4, not {server}.");
        }

        var descriptor = Checked(socket(Internet, StreamSocket | NonBlocking | CloseOnExec, 0));
        var one = 1;
        Checked(setsockopt(descriptor, Tcp, NoDelay, &one, sizeof(int)));
        var address = new Address { Family = Internet, Port = (ushort)IPAddress.HostToNetworkOrder((short)server.Port) };
        server.Address.TryWriteBytes(new Span<byte>(address.Bytes, 4), out _);
        if (connect(descriptor, &address, sizeof(Address)) < 0 && Marshal.GetLastPInvokeError() != InProgress)
        {
            var error = Error();
            Close(descriptor);
            throw error;
        }

        return descriptor;
    }

    /// <summary>Throws if a connect has failed.</summary>
    public static void EndConnect(int descriptor)
    {
        int error = 0, length = sizeof(int);
        Checked(getsockopt(descriptor, SocketLevel, SocketErrorOption, &error, &length));
        if (error != 0)
        {
            throw new Win32Exception(error);
        }
    }

    /// <summary>Receives; -1 when there is nothing.</summary>
    public static int Receive(int descriptor, Span<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            return Transferred(recv(descriptor, bytes, (nuint)buffer.Length, 0));
        }
    }

    /// <summary>Sends some of the bytes; -1 when there is no room.</summary>
    public static int Send(int descriptor, ReadOnlySpan<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            return Transferred(send(descriptor, bytes, (nuint)buffer.Length, NoSignal));
        }
    }

    /// <summary>Closes a descriptor.</summary>
    public static void Close(int descriptor) => _ = close(descriptor);

    /// <summary>Processor time of a process, exact to the nanosecond where <c>/proc</c> counts in ticks of 10 ms.</summary>
    public static TimeSpan ProcessorTime(int process)
    {
        if (clock_getcpuclockid(process, out var clock) != 0 || clock_gettime(clock, out var time) != 0)
        {
            throw new InvalidOperationException($"Process {process} has no processor time: it has ended.");
        }

        return TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromMicroseconds(time.Nanoseconds / 1_000.0);
    }

    private static int Transferred(nint count)
    {
        return count >= 0 ? (int)count : Marshal.GetLastPInvokeError() is TryAgain or Interrupted ? -1 : throw Error();
    }

    private static int Checked(int result) => result >= 0 ? result : throw Error();

    private static Win32Exception Error() => new(Marshal.GetLastPInvokeError());

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int epoll_ctl(int poll, int operation, int descriptor, byte* registration);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int epoll_pwait2(int poll, byte* events, int most, TimeSpec* timeout, void* signals);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int eventfd(uint count, int flags);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial nint write(int descriptor, void* bytes, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial nint read(int descriptor, void* bytes, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int connect(int descriptor, Address* address, int bytes);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int setsockopt(int descriptor, int level, int option, void* value, int bytes);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int getsockopt(int descriptor, int level, int option, void* value, int* bytes);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial nint recv(int descriptor, byte* bytes, nuint count, int flags);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial nint send(int descriptor, byte* bytes, nuint count, int flags);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int close(int descriptor);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int clock_getcpuclockid(int process, out int clock);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int clock_gettime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Address
    {
        public ushort Family;
        public ushort Port;
        public fixed byte Bytes[12];
    }
}
