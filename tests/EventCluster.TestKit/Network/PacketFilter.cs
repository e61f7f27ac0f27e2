using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace EventCluster.TestKit.Network;

/// <summary>
/// Makes a socket deaf below TCP: the kernel drops whatever arrives for it, so nothing is acknowledged, as if the cable
/// were cut. Linux, without privileges.
/// </summary>
public static class PacketFilter
{
    private const int SolSocket = 1;
    private const int AttachFilter = 26;

    /// <summary>Return with the constant 0: keep no byte of the packet.</summary>
    private const ushort ReturnConstant = 0x06;

    /// <summary>Drops everything from now on; false where this is not possible.</summary>
    public static unsafe bool TryDropAll(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        var instruction = new Instruction(ReturnConstant, 0, 0, 0);
        var program = new Program(1, &instruction);
        socket.SetRawSocketOption(SolSocket, AttachFilter, new ReadOnlySpan<byte>(&program, sizeof(Program)));
        return true;
    }

    /// <summary><c>struct sock_filter</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Instruction(ushort Code, byte JumpTrue, byte JumpFalse, uint Constant);

    /// <summary><c>struct sock_fprog</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly unsafe struct Program(ushort length, Instruction* instructions)
    {
        public readonly ushort Length = length;
        public readonly Instruction* Instructions = instructions;
    }
}
