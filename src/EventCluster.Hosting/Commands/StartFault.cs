using System.Net.Sockets;
using EventCluster.Hosting.Node;
using EventCluster.Storage.LocalDisk;
using Microsoft.AspNetCore.Connections;

namespace EventCluster.Hosting.Commands;

/// <summary>What an operator needs to know when a start fails for a reason of the machine, in one line.</summary>
internal static class StartFault
{
    private const string Advice = "Choose another address with --urls.";

    /// <summary>The line, or null when the exception is a surprise that deserves its stack trace.</summary>
    public static string? Explain(Exception exception) => exception switch
    {
        UnauthorizedAccessException => $"{exception.Message} Check the owner and the permissions of the data folder.",
        AddressInUseException or IOException { InnerException: AddressInUseException } => $"{exception.Message} {Advice}",
        SocketException or IOException { InnerException: SocketException } => $"cannot listen: {exception.Message}. {Advice}",
        DataDirectoryLockedException locked => $"{locked.Message} {ControlFile.HolderOf(locked.Directory)}",
        InvalidDataException => $"{exception.Message} {exception.GetBaseException().Message}",
        IOException => exception.Message,
        OutOfMemoryException or ThreadStartException =>
            "The system gives no memory or no thread; a limit (ulimit -u, pids.max, the container's memory) is reached.",
        _ => null,
    };
}
